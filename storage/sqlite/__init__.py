"""What speaks SQLite: connection, statements, migrations. May import storage.errors and storage.limits."""
