"""Commands, buttons, menus and modals: what a member sends and how a bot answers. Imports nothing of rest."""
