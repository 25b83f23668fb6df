"""Start and end of the process: settings, resources, client, application, doctor.

May import all of cogs; imported by `cli` only.
"""
