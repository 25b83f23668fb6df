"""A small bot on the real discord.py: what the playground's Discord is tested with."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import discord
import yarl
from discord import app_commands
from discord.abc import GuildChannel
from discord.gateway import DiscordWebSocket
from discord.http import Route
from PIL import Image

from playground.playground import Playground

CLIP = b"\0\0\0\x18ftypmp42 not a real video"


def picture() -> bytes:
    """A small PNG of 64 x 48 pixels."""
    drawn = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(drawn, "PNG")
    return drawn.getvalue()


T = TypeVar("T")


class EventQueue(asyncio.Queue[T]):
    """Events that a bot received, in order; `get` waits five seconds at most."""

    async def get(self) -> T:
        return await asyncio.wait_for(super().get(), 5)


class SmallBot(discord.Client):
    """Animates nothing, but makes the requests of a bot that does: acknowledge, edit, send a file."""

    def __init__(self, intents: int = 9217) -> None:
        super().__init__(intents=discord.Intents._from_value(intents), max_messages=None)
        self.tree = app_commands.CommandTree(self)
        self.started = asyncio.Event()
        self.reactions: EventQueue[discord.RawReactionActionEvent] = EventQueue()
        self.interactions: EventQueue[discord.Interaction] = EventQueue()
        self.deletions: EventQueue[discord.RawMessageDeleteEvent] = EventQueue()
        self.channels: EventQueue[GuildChannel] = EventQueue()
        self.seen: list[str] = []
        self.words: EventQueue[str] = EventQueue()
        self.tree.command(name="animate", description="Bring a picture to life")(
            app_commands.guild_only(animate)
        )
        self.tree.command(name="hold", description="Leaves the answer to the test")(hold)
        self.tree.command(name="recall", description="Leaves the answer to the test")(recall)
        self.tree.add_command(rules)
        self.tree.context_menu(name="Animate this")(menu)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """discord.py would wait five seconds before it identifies again."""

    async def on_connect(self) -> None:
        self.started.set()

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        self.reactions.put_nowait(payload)
        if payload.user_id != self.application_id and str(payload.emoji) == "🔁":
            channel = self.get_partial_messageable(payload.channel_id)
            below = channel.get_partial_message(payload.message_id)
            status = await below.reply(f"Again for {payload.member}")
            await deliver(status, payload.user_id)

    async def on_guild_channel_update(self, _before: GuildChannel, after: GuildChannel) -> None:
        self.channels.put_nowait(after)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        self.deletions.put_nowait(payload)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        self.interactions.put_nowait(interaction)

    async def on_message(self, message: discord.Message) -> None:
        self.words.put_nowait(message.content)

    async def on_socket_event_type(self, name: str) -> None:
        self.seen.append(name)


@app_commands.describe(image="The picture", prompt="What should move", seconds="How long")
async def animate(
    interaction: discord.Interaction,
    image: discord.Attachment,
    prompt: app_commands.Range[str, 1, 1500],
    seconds: app_commands.Range[int, 1, 5] = 3,
) -> None:
    if "refuse" in prompt:
        await interaction.response.send_message("I would rather not", ephemeral=True)
        return
    await interaction.response.defer(thinking=True)
    picture = await image.read()
    status = await interaction.edit_original_response(content=f"Queued: {prompt}")
    by_token = interaction.channel.get_partial_message(status.id)
    await by_token.edit(content=f"Sampling {len(picture)} bytes, {seconds} s")
    await deliver(by_token, interaction.user.id)


async def texts(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=word, value=word) for word in ("teal", "tall") if word.startswith(typed)]


@app_commands.autocomplete(text=texts)
@app_commands.choices(size=[app_commands.Choice(name="small", value=1)])
async def hold(
    interaction: discord.Interaction,
    text: str = "",
    number: app_commands.Range[float, 0.1, 1.0] = 1.0,
    size: int = 1,
    person: discord.Member | None = None,
) -> None:
    """Does nothing: the test takes the interaction from `interactions` and answers."""


@app_commands.autocomplete(prompt=texts)
async def recall(interaction: discord.Interaction, prompt: app_commands.Range[str, 1, 1500]) -> None:
    """As `hold`: a long text that the bot helps with."""


rules = app_commands.Group(
    name="rules", description="What is allowed", default_permissions=discord.Permissions(manage_guild=True)
)


@rules.command(name="show", description="Show the rules")
async def show(interaction: discord.Interaction, topic: str = "all") -> None:
    await interaction.response.send_message(f"The rules on {topic}", ephemeral=True)


async def menu(interaction: discord.Interaction, message: discord.Message) -> None:
    """As `hold`."""


async def deliver(status: discord.PartialMessage | discord.Message, owner: int) -> None:
    pings = discord.AllowedMentions(everyone=False, roles=False, users=[discord.Object(owner)])
    result = await status.reply(
        f"<@{owner}> here you are @everyone",
        file=discord.File(io.BytesIO(CLIP), "clip.mp4", description="a cat"),
        allowed_mentions=pings,
        nonce=f"{status.id}",
    )
    await status.edit(content="Done")
    await result.add_reaction("🔁")


Setup = tuple[Playground, SmallBot]


@asynccontextmanager
async def connected(
    bot: SmallBot | None = None, **options: object
) -> AsyncIterator[tuple[Playground, SmallBot]]:
    """A playground without ComfyUI, and a small bot in it."""
    async with (
        Playground(comfyui=None, **options) as playground,
        running(playground, bot or SmallBot()) as runs,
    ):
        yield playground, runs


@asynccontextmanager
async def running(playground: Playground, bot: SmallBot, token: str | None = None) -> AsyncIterator[SmallBot]:
    """The bot, connected. discord.py keeps the addresses on classes; they are put back at the end."""
    kept = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = playground.discord.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(playground.state.gateway_url)
    task = asyncio.create_task(bot.start(token or playground.state.token), name="small bot")
    online = asyncio.create_task(playground.bot_online(), name="online")
    try:
        await asyncio.wait({task, online}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        yield bot
    finally:
        online.cancel()
        await bot.close()
        await asyncio.gather(task, online, return_exceptions=True)
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = kept
