"""A small bot on the real discord.py: what the playground's Discord is tested with."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from playground.place import Playground

CLIP = b"\0\0\0\x18ftypmp42 not a real video"


class SmallBot(discord.Client):
    """Animates nothing, but goes the way of a bot that does: acknowledge, edit, send a file, listen."""

    def __init__(self, intents: int = 9217) -> None:
        super().__init__(intents=discord.Intents._from_value(intents), max_messages=None)
        self.tree = app_commands.CommandTree(self)
        self.started = asyncio.Event()
        self.reactions: asyncio.Queue[discord.RawReactionActionEvent] = asyncio.Queue()
        self.interactions: asyncio.Queue[discord.Interaction] = asyncio.Queue()
        self.seen: list[str] = []
        self.words: list[str] = []
        self.tree.command(name="animate", description="Bring a picture to life")(animate)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_connect(self) -> None:
        self.started.set()

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        self.reactions.put_nowait(payload)
        if payload.user_id != self.application_id and str(payload.emoji) == "🔁":
            channel = self.get_partial_messageable(payload.channel_id)
            below = channel.get_partial_message(payload.message_id)
            status = await below.reply(f"Again for {payload.member}")
            await deliver(status, payload.user_id)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        self.interactions.put_nowait(interaction)

    async def on_message(self, message: discord.Message) -> None:
        self.words.append(message.content)

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


@asynccontextmanager
async def running(place: Playground, bot: SmallBot) -> AsyncIterator[SmallBot]:
    """The bot connected to the place; discord.py keeps the addresses on classes, so they are put back."""
    kept = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = place.discord.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(place.discord.gateway.url)
    task = asyncio.create_task(bot.start(place.world.token), name="small bot")
    try:
        await place.bot_online()
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = kept
