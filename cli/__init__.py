"""The command line: one module for each command.

May import everything; nobody imports it but `bot.py`.
"""
