"""Every sentence for people, in each language.

Imports no other package; imported by all of cogs.
"""
