"""The SQLite database: connection, migrations, statements. Imports storage.errors alone.

A migration is a file `migrations/NNNN_name.sql`, applied once, in order, in a transaction.
"""
