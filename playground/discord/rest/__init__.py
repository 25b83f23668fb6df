"""The REST API: one module of handlers for each kind of route. Imports interactions, state and render."""
