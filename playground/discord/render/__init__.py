"""Guilds, messages and components as Discord's JSON. Imports records and model, never state."""
