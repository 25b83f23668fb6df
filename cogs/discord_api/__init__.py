"""Discord's error codes and what they mean. May import cogs.access, cogs.i18n and jobs."""
