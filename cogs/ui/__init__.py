"""What people read and press: texts, cards, buttons, forms; pure.

May import `cogs.access`, `cogs.i18n` and `jobs`.
"""
