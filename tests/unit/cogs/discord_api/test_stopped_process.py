"""A real process that is stopped over the end of its lease, and goes on later, sends nothing."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from playground.playground import Playground

STOPPED_OVER = 1.5  # seconds, longer than what is left of the lease
SENDER = """
import asyncio, sys
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import LEASE_MARGIN
from cogs.discord_api.scheduler import TOKEN_CALLS
from cogs.runtime.client import open_client
from storage import LeaseLost, LeaseTerm

async def send(client, channel_id, term):
    async with client.scheduler.send(channel_id, 30, Priority.RESULT, term=term):
        await client.get_partial_messageable(channel_id).send("a result")

async def main(token, url, channel_id):
    async with open_client(token, url) as client:
        turns = [await client.scheduler.turn(lambda: Priority.OTHER) for _ in range(TOKEN_CALLS)]
        sending = asyncio.create_task(send(client, int(channel_id), LeaseTerm(LEASE_MARGIN + 1)))
        await asyncio.wait([sending], timeout=0.2)
        print("waits for its turn", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        for turn in turns:
            turn.abandon()
        try:
            await sending
        except LeaseLost:
            print("refused", flush=True)
        else:
            print("sent", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP")
async def test_a_process_that_is_stopped_over_the_end_of_its_lease_sends_nothing_when_it_goes_on() -> None:
    async with Playground(comfyui=None) as playground:
        sender = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SENDER,
            playground.state.token,
            playground.discord.api_url,
            str(playground.channel.id),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[4],
        )
        assert sender.stdin
        assert sender.stdout
        assert await sender.stdout.readline() == b"waits for its turn\n"
        sender.send_signal(signal.SIGSTOP)
        await asyncio.wait([asyncio.create_task(sender.wait())], timeout=STOPPED_OVER)
        sender.send_signal(signal.SIGCONT)
        sender.stdin.write(b"go on\n")
        assert await sender.stdout.readline() == b"refused\n"
        assert await sender.wait() == 0
        assert playground.messages == []
