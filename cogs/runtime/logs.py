"""Sets up logging: from which level, in which format, without secrets and what the connections carry."""

import logging
from collections.abc import Iterable

import stamina

from cogs.runtime.observing.log_format import LogFormat, build_formatter
from cogs.runtime.observing.log_repeats import RepeatCountingHandler
from cogs.runtime.redaction import Redactor, redact_logs

log = logging.getLogger(__name__)

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


def _is_true(record: logging.LogRecord) -> bool:
    """Whether a warning of discord.py means what it says.

    It takes the time between two acknowledged heartbeats for delay, so after each pause of the connection it
    says that the bot cannot keep up.
    """
    return not str(record.msg).startswith("Can't keep up")


def _log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """Log why something is tried again, which stamina's own lines do not say."""
    log.info("%s: tried again in %.1f s: %s", details.name, details.wait_for, details.caused_by)


def start_logging(level: int, secrets: Iterable[str], log_format: LogFormat = LogFormat.AUTO) -> None:
    """Log to standard error, redacted, from `level` on; what the connections carry from INFO on at most."""
    redactor = Redactor(secrets)
    handler = RepeatCountingHandler()
    handler.setFormatter(build_formatter(log_format, redactor, handler.stream))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(level)
    for name in WIRE_LOGGERS:
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    logging.getLogger("discord.gateway").addFilter(_is_true)
    stamina.instrumentation.set_on_retry_hooks([_log_retry])
    redact_logs(redactor)
