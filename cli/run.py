"""`python bot.py run`: runs the bot until a signal."""

import contextlib
import logging
import sys

from cli.errors import CommandFailed
from cli.signals import cut_short_by, stop_on_signal
from cogs.runtime.app import open_application
from cogs.runtime.client import invite_link
from cogs.runtime.log_thread import log_in_thread
from cogs.runtime.logs import start_logging
from cogs.runtime.memory import exclude_from_collections, return_freed_memory
from cogs.runtime.settings import Settings
from cogs.runtime.threads import switch_threads_often
from storage import ProcessRole

FIRST_STEPS = """\
There is no DISCORD_TOKEN: create a bot in Discord's developer portal and put its token into the environment
or into a file named .env (README.md, "Run it for your server"). To try everything without Discord and without
a GPU: python bot.py demo"""


async def run(settings: Settings, role: ProcessRole = ProcessRole.ALL) -> int:
    """Run a process of the bot until a signal; returns the exit code. Raises CommandFailed."""
    if not settings.discord_token.get_secret_value():
        print(FIRST_STEPS, file=sys.stderr)
        return 2
    if role is not ProcessRole.ALL and not settings.database_url.get_secret_value():
        raise CommandFailed(
            f"--role {role.value} needs DATABASE_URL, the PostgreSQL database that all processes share "
            "(docs/scaling.md): set it, or run one process without --role",
            2,
        )
    level = logging.getLevelNamesMapping()[settings.log_level]
    start_logging(level, settings.secrets(), settings.log_format)
    return_freed_memory()
    switch_threads_often()
    stop = stop_on_signal()
    with log_in_thread():
        async with contextlib.AsyncExitStack() as stack:
            async with cut_short_by(stop) as opening:  # a gateway may stand by for days
                application = await stack.enter_async_context(open_application(settings, role))
            if opening.expired():
                return 0
            client = application.context.client
            if role is ProcessRole.WORKER:
                print(f"Logged in as {client.user}, as a worker: jobs come by the database.", flush=True)
            else:
                print(f"Logged in as {client.user}. Invite it to a server: {invite_link(client)}", flush=True)
            exclude_from_collections()
            await application.run(stop)
    return 0
