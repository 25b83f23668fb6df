"""The records of the loopback Discord (guilds, channels, people, messages) and how to look them up."""

import secrets
from collections.abc import Iterable

from playground.discord import errors
from playground.discord.cdn import Cdn
from playground.discord.change_feed import Feed
from playground.discord.clock import Clock
from playground.discord.model import TEN_MEBIBYTES, Attachment, Channel, ChannelKind, Guild, Message, User
from playground.discord.permissions import EVERYTHING, Permission, permissions_in
from playground.discord.snowflakes import Snowflakes


class Records:
    """Everything that exists, by id. The lookups raise DiscordRefusal (404) for an unknown id."""

    def __init__(self, origin: str, clock: Clock) -> None:
        self.origin = origin
        self.clock = clock
        self.feed = Feed()
        self.ids = Snowflakes(clock)
        self.cdn = Cdn(origin, clock)
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.revisions: dict[int, list[Message]] = {}
        """Every state that each message has had, also of those deleted since."""
        self.replies: dict[int | None, list[int]] = {}
        """Ids of messages by the message that they reply to; those that reply to none under None."""
        self.nonces: dict[tuple[int, str], Message] = {}
        """The newest message of each author with each nonce, as it was sent, also if it is deleted since."""
        self.emojis: dict[int, str] = {}
        """The guilds' own emoji, name by id."""
        self.default_upload_limit = TEN_MEBIBYTES
        """Bytes a file for everybody; boosts and plans allow more."""
        self.files: dict[int, Attachment] = {}
        self.gateway_url = f"ws{origin.removeprefix('http')}/gateway"
        self.bot = User(id=self.ids.next(), name="Animate", bot=True)
        self.users[self.bot.id] = self.bot
        self.token = f"{self.bot.id}.{secrets.token_urlsafe(24)}"

    def user(self, user_id: int) -> User:
        """A user. Raises 404/10013."""
        if user_id not in self.users:
            raise errors.unknown("User")
        return self.users[user_id]

    def people_among(self, user_ids: Iterable[int]) -> frozenset[int]:
        """Those of them who get pings: all but bots."""
        return frozenset(user_id for user_id in user_ids if not self.users[user_id].bot)

    def is_bot_in(self, guild: Guild) -> bool:
        """Whether the bot is a member of the guild."""
        return self.bot.id in guild.members

    def guild(self, guild_id: int) -> Guild:
        """A guild that the bot is in."""
        if guild_id not in self.guilds or not self.is_bot_in(self.guilds[guild_id]):
            raise errors.unknown("Guild")
        return self.guilds[guild_id]

    def channel(self, channel_id: int) -> Channel:
        """A channel or thread. Raises 404/10003."""
        if channel_id not in self.channels:
            raise errors.unknown("Channel")
        return self.channels[channel_id]

    def guild_of(self, channel_id: int) -> Guild | None:
        """The guild of a channel; None for direct messages and unknown channels."""
        channel = self.channels.get(channel_id)
        return self.guilds.get(channel.guild_id) if channel and channel.guild_id else None

    def permissions(self, user_id: int, channel: Channel) -> Permission:
        """What somebody may do in a channel; a thread follows its parent.

        Who has not joined a private thread has these bits there too, but does not see it: `sees`.
        """
        if channel.guild_id is None:
            return EVERYTHING if user_id in (channel.recipient_id, self.bot.id) else Permission(0)
        ruling = self.channels.get(channel.parent_id or channel.id, channel)
        return permissions_in(self.guilds[channel.guild_id], user_id, ruling)

    def upload_limit(self, channel: Channel, user_id: int | None = None) -> int:
        """Bytes a file in a channel: by the default, the guild's boosts, and somebody's plan."""
        guild = self.guild_of(channel.id)
        plan = self.user(user_id).upload_limit if user_id is not None else 0
        return max(self.default_upload_limit, plan, guild.upload_limit if guild else 0)

    def sees(self, user_id: int, channel: Channel) -> bool:
        """Whether somebody has access to a channel: of a private thread its members and moderators."""
        granted = self.permissions(user_id, channel)
        if channel.kind is ChannelKind.PRIVATE_THREAD and user_id not in channel.members:
            needed = Permission.VIEW_CHANNEL | Permission.MANAGE_THREADS
            return granted & needed == needed
        return Permission.VIEW_CHANNEL in granted

    def message(self, channel_id: int, message_id: int) -> Message:
        """A message that everybody in the channel can see."""
        message = self.messages.get(message_id)
        if message is None or message.channel_id != channel_id or message.only_for is not None:
            raise errors.unknown("Message")
        return message

    def messages_in(self, channel_id: int, viewer: int | None = None) -> list[Message]:
        """What everybody in the channel can see, oldest first; and what the viewer alone sees."""
        seen_by = (None, viewer)
        return [m for m in self.messages.values() if m.channel_id == channel_id and m.only_for in seen_by]
