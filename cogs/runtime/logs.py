"""Sets up logging: from which level, without secrets, and without what the connections carry."""

import logging
from collections.abc import Iterable

import discord

from cogs.runtime.redaction import redact_logs

# At DEBUG they log whole requests, events and statements: tokens, and what people wrote.
WIRE_LOGGERS = (
    "discord",
    "discord.client",
    "discord.gateway",
    "discord.http",
    "discord.state",
    "discord.webhook",
    "discord.webhook.async_",
    "aiohttp",
    "aiohttp.access",
    "aiohttp.client",
    "aiohttp.websocket",
    "aiosqlite",
    "asyncio",
)


def start_logging(level: int, secrets: Iterable[str]) -> None:
    """Log to standard error, redacted, from `level` on; what the connections carry from INFO on at most."""
    discord.utils.setup_logging(level=level)
    for name in WIRE_LOGGERS:
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    redact_logs(secrets)
