"""What speaks PostgreSQL: the only package that imports asyncpg, and only once a server is configured."""
