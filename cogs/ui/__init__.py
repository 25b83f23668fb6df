"""What people read and press: texts, cards, buttons, modals; pure but for the callbacks of components.

May import `cogs.access`, `cogs.i18n` and `jobs`; imported by `cogs.messages` and what lies above.
"""
