"""The websocket that dispatches events to bots. Imports state and render, not rest or interactions."""
