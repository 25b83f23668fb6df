"""The command line: one module for each command.

May import everything; only `bot.py` imports it.
"""
