"""Discord's errors and what they mean. May import cogs.access, cogs.i18n and jobs."""
