"""The real application in this process, on the playground's Discord, without a ComfyUI: jobs stay queued."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
import discord
from PIL import Image
from pydantic import SecretStr

from cogs.actions.context import BotContext
from cogs.runtime.app import Application, open_application
from cogs.runtime.settings import DemoSettings
from jobs.requester import Actor, ChannelRights, Location, Requester
from playground.discord.model import Channel, Message
from playground.members import Member
from playground.playground import Playground
from playground.tracked_job import TrackedJob
from storage import Job, Lease, Request, State
from tests.unit.jobs.sample_jobs import PARAMS


@dataclass(frozen=True)
class BotSetup:
    """A bot at work in a playground."""

    playground: Playground
    application: Application

    @property
    def context(self) -> BotContext:
        return self.application.context

    def requester(self, member: Member, message_id: int = 0, *, moderates: bool = False) -> Requester:
        """A member who asks for something under a message of #general."""
        channel, guild = self.playground.channel.id, self.playground.guild.id
        return Requester(
            actor=Actor(id=member.id, bot=False, roles=frozenset()),
            rights=ChannelRights(views=True, moderates=moderates),
            location=Location(guild_id=guild, channel_ids=frozenset({channel})),
            channel_id=channel,
            message_id=message_id,
        )

    async def interaction(
        self, member: Member, message: Message | None = None
    ) -> tuple[TrackedJob, discord.Interaction]:
        """The pressed button TEST of a message, which no cog answers: the test does."""
        client, pressed = self.context.client, asyncio.Queue[discord.Interaction]()
        button = {"type": 2, "style": 2, "label": "TEST", "custom_id": "TEST"}
        message = message or self.post("press", components=({"type": 1, "components": [button]},))
        client.add_listener(_put_into(pressed), "on_interaction")
        job = await member.press(message, "TEST")
        return job, await asyncio.wait_for(pressed.get(), 5)

    async def queued(self, owner: Member, key: str = "a", **changes: object) -> Job:
        """A queued job with a status message."""
        job = await self.unposted(owner, key, **changes)
        await self.context.messages.status.post(job, "queued")
        return await self.context.store.job(job.id)

    async def unposted(
        self, owner: Member, key: str = "a", *, channel: Channel | None = None, **changes: object
    ) -> Job:
        """A queued job without a status message; `channel`: where it was asked for, by default #general."""
        request = Request(
            key=key,
            user_id=owner.id,
            guild_id=self.playground.guild.id,
            channel_id=(channel or self.playground.channel).id,
            locale="en-US",
            params=replace(PARAMS, **changes),
            picture=await self.context.files.save_picture(b"a picture"),
        )
        return (await self.context.store.admit(request, limit=99)).job

    async def delivering(
        self, owner: Member, key: str = "a", clip: Callable[[Path], None] | None = None, **changes: object
    ) -> Lease:
        """A job in state `delivering`, whose clip is on the disk; `clip` writes another one."""
        job = await self.queued(owner, key, **changes)
        store = self.context.store
        lease = await store.claim("gpu", {job.params.workflow})
        assert lease
        assert lease.job.id == job.id
        scratch = self.context.files.scratch_path(f"{job.id}.mp4")
        await asyncio.to_thread(clip or write_clip, scratch)
        await self.context.files.keep_clip(scratch)
        lease = await store.move(lease, State.RUNNING)
        lease = await store.move(lease, State.DOWNLOADING, seconds=2.0)
        return await store.move(lease, State.DELIVERING, clip=f"{job.id}.mp4")

    async def done(self, owner: Member, key: str = "a", **changes: object) -> Job:
        """A job with a status message, a clip and a result message of the bot."""
        lease = await self.delivering(owner, key, **changes)
        message = self.post(f"result of {key}", lease.job.channel_id)
        return (await self.context.store.move(lease, State.DONE, result_message=message.id)).job

    def post(self, content: str, channel_id: int | None = None, **changes: object) -> Message:
        """A message of the bot that no job knows, by default in #general."""
        state = self.playground.state
        return state.post(
            Message(
                id=state.ids.next(),
                channel_id=channel_id or self.playground.channel.id,
                author_id=self.playground.bot_user.id,
                content=content,
                sent_at=state.clock.now(),
                **changes,
            )
        )

    def status(self, job: Job) -> Message:
        """The job's status message."""
        return self.playground.state.messages[job.status_message or 0]

    async def job_of(self, status: Message) -> Job:
        """The job whose row has recorded this status message, which is after it was sent."""
        async with asyncio.timeout(5):
            while (job := await self.context.store.by_status(status.id)) is None:
                await self.context.notifier.wait(0.1)
        return job

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something holds in the bot, of which no event tells."""
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - discord.py has no event for it
                await asyncio.sleep(0.02)

    async def newest_job_of(self, owner: Member) -> Job:
        """The newest job of a member, as soon as it is admitted."""
        async with asyncio.timeout(10):
            while not (jobs := await self.context.store.history(owner.id, limit=1)):
                await self.context.notifier.wait(0.05)
        return jobs[0]

    async def posted(self, job: Job, timeout: float = 10) -> Job:
        """The job with its status message, which is posted without being waited for."""
        async with asyncio.timeout(timeout):
            while (job := await self.context.store.job(job.id)).status_message is None:
                await self.context.notifier.wait(0.05)
        return job

    async def reads(self, message_id: int | None, text: str) -> None:
        """Wait until a message contains this text."""
        messages = self.playground.state.messages
        await self.playground.until(
            lambda: (text in messages[message_id or 0].content) or None, 10, f"a message with {text!r}"
        )


def _put_into(queue: asyncio.Queue[discord.Interaction]):
    async def on_interaction(interaction: discord.Interaction) -> None:
        queue.put_nowait(interaction)

    return on_interaction


def write_clip(path: Path) -> None:
    """Write a clip of four frames."""
    _write_frames(path, [Image.new("RGB", (64, 48), "teal")] * 4)


def write_noise(path: Path) -> None:
    """Write a clip of sixteen frames of noise, some hundred kilobytes."""
    noise = random.Random(1)  # noqa: S311 - the same noise each time
    size = (160, 128)
    _write_frames(path, [Image.frombytes("RGB", size, noise.randbytes(160 * 128 * 3)) for _ in range(16)])


def _write_frames(path: Path, frames: Sequence[Image.Image]) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=16)
        stream.width, stream.height, stream.pix_fmt = *frames[0].size, "yuv420p"
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_image(frame)))
        out.mux(stream.encode(None))


@contextlib.asynccontextmanager
async def opened_application(folder: Path, **settings: object) -> AsyncGenerator[BotSetup]:
    """The bot, logged in but not connected to the gateway: it sends and gets no events.

    Its GPU server is away, unless the settings name another one.
    """
    async with Playground(comfyui=None, patience=4) as playground:
        environment = playground.environment()
        opened = open_application(
            DemoSettings(
                discord_token=SecretStr(environment["DISCORD_TOKEN"]),
                discord_api_url=environment["DISCORD_API_URL"],
                data_dir=folder,
                **{"comfyui_url": ("http://127.0.0.1:9",), **settings},
            )
        )
        async with opened as application:
            yield BotSetup(playground, application)
        assert playground.discord.too_many == []


@contextlib.asynccontextmanager
async def running_application(folder: Path, **settings: object) -> AsyncGenerator[BotSetup]:
    """The bot, online with its commands; shut down at the end as by a signal."""
    async with opened_application(folder, **settings) as bot, asyncio.TaskGroup() as tasks:
        stop = asyncio.Event()
        tasks.create_task(bot.application.run(stop), name="application")
        try:
            await bot.playground.bot_online()
            yield bot
        finally:
            stop.set()
