"""A Discord on loopback: REST API, gateway, files."""
