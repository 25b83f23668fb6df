"""A Discord on loopback. The modules here hold its state; rest, gateway, interactions and render serve it."""
