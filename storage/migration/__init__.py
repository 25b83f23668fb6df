"""Moves all rows from one database to another, of whichever engine: see move.py."""
