"""How late clips are while four members toggle ✉️ in the channel where they arrive, and without them.

The whole bot in this process on the playground's Discord. A clip is on the disk and due at a known time: how
much later its message stands there is what is measured.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import av
from pydantic import SecretStr

from benchmarks.queue import PARAMS
from cogs.actions.context import BotContext
from cogs.runtime.app import open_application
from cogs.runtime.settings import DemoSettings
from playground.discord.model import Message
from playground.members import Member
from playground.playground import Playground
from storage import Request, State

CLIPS = 10
MEMBERS = ("ada", "grace", "alan", "lin")
TOGGLE_SECONDS = 0.5  # from one reaction of a member to the next
PROMISED = 1.0  # seconds that a clip may be later than without the reactions


@contextlib.asynccontextmanager
async def running_bot(playground: Playground, folder: Path) -> AsyncGenerator[BotContext]:
    """The bot, online; without a ComfyUI."""
    environment = playground.environment()
    settings = DemoSettings(
        discord_token=SecretStr(environment["DISCORD_TOKEN"]),
        discord_api_url=environment["DISCORD_API_URL"],
        comfyui_url=("http://127.0.0.1:9",),
        data_dir=folder,
    )
    async with open_application(settings) as application, asyncio.TaskGroup() as tasks:
        stop = asyncio.Event()
        tasks.create_task(application.run(stop), name="application")
        await playground.bot_online()
        try:
            yield application.context
        finally:
            stop.set()


async def deliver_at(context: BotContext, playground: Playground, owner: Member, due: float) -> str:
    """A job of that member whose clip is to be delivered at a Unix time; returns its short id."""
    store = context.store
    request = Request(
        key=f"clip at {due}",
        user_id=owner.id,
        guild_id=playground.guild.id,
        channel_id=playground.channel.id,
        locale="en-US",
        params=PARAMS,
        picture=await context.files.save_picture(b"a picture"),
    )
    job = (await store.admit(request, limit=2 * CLIPS)).job
    await context.messages.status.post(job, "queued")
    lease = await store.claim("gpu", {job.params.workflow})
    assert lease is not None
    clip = f"{lease.job.id}.mp4"
    scratch = context.files.scratch_path(clip)
    await asyncio.to_thread(write_clip, scratch)
    await context.files.keep_clip(scratch)
    lease = await store.move(lease, State.RUNNING)
    lease = await store.move(lease, State.DOWNLOADING, seconds=2.0)
    lease = await store.move(lease, State.DELIVERING, clip=clip)
    await store.postpone(lease, due - time.time())
    return lease.job.short


def write_clip(path: Path) -> None:
    """Write a clip of four grey frames."""
    container: Any = av.open(str(path), "w")  # PyAV's types are partly unknown
    with container as out:
        stream = out.add_stream("libx264", rate=16)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(4):
            out.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(stream.encode(None))


async def toggle(member: Member, message: Message) -> None:
    """React with ✉️ to a clip and take it away again, for ever."""
    while True:
        await member.react(message, "✉️")
        await asyncio.sleep(TOGGLE_SECONDS)
        await member.unreact(message, "✉️")
        await asyncio.sleep(TOGGLE_SECONDS)


async def measure(members: Sequence[str], seconds: float) -> tuple[list[float], int, int]:
    """How late each clip was, how many replies to reactions there were, how many answers of 429."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            Playground(comfyui=None, check_contract=False) as playground,
            running_bot(playground, Path(folder)) as context,
        ):
            owner, began = playground.member("owner"), time.time() + 8
            dues = {
                await deliver_at(context, playground, owner, due): due
                for due in (began + number * seconds / CLIPS for number in range(CLIPS))
            }
            first = await arrived(playground, next(iter(dues)))
            togglers = [
                asyncio.create_task(toggle(playground.member(name), first), name=f"reactions of {name}")
                for name in members
            ]
            late = [(await arrived(playground, short)).sent_at - due for short, due in dues.items()]
            for each in togglers:
                each.cancel()
            await asyncio.wait(togglers) if togglers else None
            return late, replies_below(playground, first), len(playground.discord.too_many)


async def arrived(playground: Playground, short: str) -> Message:
    """Wait for the message with that job's clip."""
    name = f"animate-{short}.mp4"

    def find() -> Message | None:
        messages = playground.state.messages_in(playground.channel.id)
        return next(
            (each for each in messages if any(file.filename == name for file in each.attachments)), None
        )

    return await playground.until(find, 300, name)


def replies_below(playground: Playground, message: Message) -> int:
    """How many messages were sent as replies to a message, those that went away again too."""
    return sum(
        str(message.id) in str(each.body) and each.method == "POST" for each in playground.discord.requests
    )


async def main(seconds: float) -> None:
    """Print a line for each way; the last line is JSON."""
    print(f"{CLIPS} clips in {seconds:g} s, {len(MEMBERS)} members toggle ✉️ twice a second each")
    print(f"{'':20}{'p50':>8}{'worst':>8}{'replies':>9}{'429':>5}")
    found: dict[str, list[float]] = {}
    for name, members in (("without reactions", ()), ("with reactions", MEMBERS)):
        late, replies, too_many = await measure(members, seconds)
        found[name] = late
        print(f"{name:20}{sorted(late)[len(late) // 2]:8.2f}{max(late):8.2f}{replies:9}{too_many:5}")
    later = max(a - b for a, b in zip(found["with reactions"], found["without reactions"], strict=True))
    print(json.dumps({"promised": PROMISED, "later": round(later, 3), "late": found}))


if __name__ == "__main__":
    asyncio.run(main(20.0 if "--quick" in sys.argv else 120.0))
