"""The guild of a playground: channels, roles, the bot's permissions, messages, and waiting for a change."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from playground.discord.interactions.commands import Command
from playground.discord.model import Channel, ChannelKind, Guild, Message, Overwrite, User
from playground.discord.permissions import Permission
from playground.discord.render.messages import render_message
from playground.discord.server import Discord
from playground.discord.state import DiscordState
from playground.errors import NeverHappened

T = TypeVar("T")


class PlaygroundGuild:
    """One guild of a loopback Discord, which the bot has joined. `open_guild` makes it."""

    discord: Discord

    def __init__(self, *, patience: float = 1.0) -> None:
        self._patience = patience
        self.claimed: set[int] = set()
        """Ids of the messages that a TrackedJob has found to be its own."""
        self._guild_id = self._channel_id = 0

    def open_guild(self, discord: Discord) -> None:
        """Add the guild "Playground" with the channel "general" to `discord`, and let the bot join."""
        self.discord = discord
        self._guild_id = self.state.add_guild("Playground").id
        self._channel_id = self.state.add_channel(self.guild, "general").id
        self.state.join(self.guild, self.bot_user.id)

    @property
    def state(self) -> DiscordState:
        """All records of the Discord, and the methods that change them."""
        return self.discord.state

    @property
    def guild(self) -> Guild:
        """The guild as it is now."""
        return self.state.guilds[self._guild_id]

    @property
    def channel(self) -> Channel:
        """#general, where everything happens unless another channel is named."""
        return self.state.channels[self._channel_id]

    @property
    def bot_user(self) -> User:
        """The bot's user."""
        return self.state.bot

    @property
    def messages(self) -> list[Message]:
        """What everybody sees in the channel, oldest first."""
        return self.state.messages_in(self.channel.id)

    @property
    def commands(self) -> list[Command]:
        """What the bot has registered for this guild and for all."""
        return [*self.discord.commands.of(self._guild_id), *self.discord.commands.of(None)]

    def channel_named(self, name: str, kind: ChannelKind = ChannelKind.TEXT) -> Channel:
        """The guild's channel of that name, made if need be."""
        for channel in self.state.channels.values():
            if channel.name == name and channel.guild_id == self._guild_id:
                return channel
        return self.state.add_channel(self.guild, name, kind)

    def thread(self, name: str, parent: Channel | None = None) -> Channel:
        """A new thread in a channel, by default in #general."""
        return self.state.add_channel(self.guild, name, ChannelKind.PUBLIC_THREAD, parent or self.channel)

    def private_thread(self, name: str, *user_ids: int, parent: Channel | None = None) -> Channel:
        """A new private thread with its members; the bot is one only if it is named or mentioned there."""
        kind, members = ChannelKind.PRIVATE_THREAD, frozenset(user_ids)
        return self.state.add_channel(self.guild, name, kind, parent or self.channel, members)

    def announcements(self, name: str) -> Channel:
        """An announcement channel."""
        return self.channel_named(name, ChannelKind.ANNOUNCEMENT)

    def announcement_thread(self, name: str, parent: Channel) -> Channel:
        """A new thread in an announcement channel."""
        return self.state.add_channel(self.guild, name, ChannelKind.ANNOUNCEMENT_THREAD, parent)

    def stage(self, name: str) -> Channel:
        """A stage channel, with its chat."""
        return self.channel_named(name, ChannelKind.STAGE)

    def media(self, name: str) -> Channel:
        """A media channel: like a forum, with pictures in front."""
        return self.channel_named(name, ChannelKind.MEDIA)

    def voice(self, name: str) -> Channel:
        """A voice channel, with the chat that belongs to it."""
        return self.channel_named(name, ChannelKind.VOICE)

    def forum(self, name: str) -> Channel:
        """A forum: nobody writes in it, only in its posts."""
        return self.channel_named(name, ChannelKind.FORUM)

    def post(self, forum: Channel, title: str) -> Channel:
        """A post in a forum: a thread, whose first message has the thread's own id."""
        thread = self.thread(title, forum)
        owner, now = self.guild.owner_id, self.state.clock.now()
        self.state.post(
            Message(id=thread.id, channel_id=thread.id, author_id=owner, content=title, sent_at=now)
        )
        return thread

    def forbid(self, permissions: Permission, channel: Channel | None = None) -> None:
        """Take permissions from the bot in a channel, and give back those taken before."""
        self.state.set_permissions(channel or self.channel, self.bot_user.id, Overwrite(deny=permissions))

    def allow(self, permissions: Permission, channel: Channel | None = None) -> None:
        """Give the bot permissions in a channel beyond everybody's, and take none."""
        self.state.set_permissions(channel or self.channel, self.bot_user.id, Overwrite(allow=permissions))

    def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """Archive a thread; a new message reopens it unless it is locked."""
        self.state.change_channel(replace(self.state.channel(thread.id), archived=True, locked=locked))

    def lock(self, thread: Channel) -> None:
        """Lock a thread that stays active: only moderators write or edit in it."""
        self.state.change_channel(replace(self.state.channel(thread.id), locked=True))

    def begin_outage(self) -> None:
        """Make the guild unavailable: GUILD_DELETE that says so, no events, and 503 to requests about it."""
        self.state.begin_outage(self.guild)

    def end_outage(self) -> None:
        """Make the guild available again: GUILD_CREATE."""
        self.state.end_outage(self.guild)

    def limit_uploads(self, size: int) -> None:
        """Set the default for everybody, in bytes a file: 10 MiB, or 20 MiB as of September 2026."""
        self.state.default_upload_limit = size

    def boost(self, level: int) -> None:
        """Set the guild's boost level: from 2 on it takes larger files."""
        self.state.change_guild(replace(self.guild, boost_level=level))

    def prefer(self, locale: str) -> None:
        """Set the guild's preferred language, which interactions carry as `guild_locale`."""
        self.state.change_guild(replace(self.guild, locale=locale))

    def role(self, name: str) -> int:
        """The id of the guild's role of that name, made if need be."""
        for role in self.guild.roles.values():
            if role.name == name:
                return role.id
        return self.state.add_role(self.guild, name, 0).id

    def emoji(self, name: str) -> str:
        """An emoji of the guild's own, as reactions name it: `name:id`."""
        emoji_id = self.state.ids.next()
        self.state.emojis[emoji_id] = name
        return f"{name}:{emoji_id}"

    # messages

    def render(self, message: Message) -> dict[str, object]:
        """A message as Discord's JSON."""
        return render_message(self.state, message)

    async def until(
        self,
        condition: Callable[[], T | None],
        timeout: float,
        what: str,
        details: Callable[[], Iterable[str]] = tuple,
    ) -> T:
        """The first value other than None that `condition` returns; it is called at each change of the state.

        Raises NeverHappened after `timeout` seconds, times the playground's patience. Its message names
        `what`, and has the lines of `details` and the bot's last requests.
        """
        timeout *= self._patience
        try:
            return await self.state.feed.until(condition, timeout)
        except TimeoutError as error:
            requests = [f"  {request}" for request in self.discord.requests[-15:]]
            lines = [f"not within {timeout} s: {what}", *details(), "the bot's last requests:", *requests]
            raise NeverHappened("\n".join(lines)) from error
