"""`python bot.py run`: runs the bot until a signal."""

import logging
import sys

from cli.signals import stop_on_signal
from cogs.runtime.app import open_application
from cogs.runtime.client import invite_link
from cogs.runtime.log_thread import log_in_thread
from cogs.runtime.logs import start_logging
from cogs.runtime.memory import exclude_from_collections, return_freed_memory
from cogs.runtime.settings import Settings
from cogs.runtime.threads import switch_threads_often

FIRST_STEPS = """\
There is no DISCORD_TOKEN: create a bot in Discord's developer portal and put its token into the environment
or into a file named .env (README.md, "Run it for your server"). To try everything without Discord and without
a GPU: python bot.py demo"""


async def run(settings: Settings) -> int:
    """Run the bot until a signal; returns the exit code."""
    if not settings.discord_token.get_secret_value():
        print(FIRST_STEPS, file=sys.stderr)
        return 2
    level = logging.getLevelNamesMapping()[settings.log_level]
    start_logging(level, settings.secrets(), settings.log_format)
    return_freed_memory()
    switch_threads_often()
    stop = stop_on_signal()
    with log_in_thread():
        async with open_application(settings) as application:
            client = application.context.client
            print(f"Logged in as {client.user}. Invite it to a server: {invite_link(client)}", flush=True)
            exclude_from_collections()
            await application.run(stop)
    return 0
