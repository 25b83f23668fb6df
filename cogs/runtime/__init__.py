"""What is opened at the start and closed at the end: settings, resources, client, doctor.

May import all of cogs.
"""
