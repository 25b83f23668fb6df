"""Every change of the loopback Discord's records, and the gateway events it causes."""

import asyncio
from dataclasses import replace

from playground.discord.cdn import clean_filename, content_type_of, probe
from playground.discord.change_feed import Change
from playground.discord.model import (
    THREADS,
    Attachment,
    Channel,
    ChannelKind,
    Guild,
    GuildMember,
    Message,
    Overwrite,
    Role,
    Upload,
    User,
)
from playground.discord.permissions import NORMAL
from playground.discord.records import Records
from playground.discord.render.guilds import (
    render_channel_event,
    render_guild,
    render_guild_create,
    render_member,
    render_thread_member,
    render_user,
)
from playground.discord.render.messages import render_message_event, render_reaction_event

SPOILER_PREFIX = "SPOILER_"


class DiscordState(Records):
    """Changes the records and publishes each change on `feed`; it does not check who asked for it."""

    # people

    def add_user(self, name: str, *, bot: bool = False, locale: str = "en-US") -> User:
        """Create a user who is in no guild yet."""
        user = User(id=self.ids.next(), name=name, bot=bot, locale=locale)
        self.users[user.id] = user
        return user

    # guilds

    def add_guild(self, name: str) -> Guild:
        """A guild with an owner of its own and everybody's role; the bot is not yet in it."""
        owner = self.add_user(f"owner of {name}")
        guild_id = self.ids.next()
        everyone = Role(id=guild_id, name="@everyone", permissions=NORMAL)
        guild = Guild(id=guild_id, name=name, owner_id=owner.id, roles={guild_id: everyone})
        self.guilds[guild_id] = guild
        return self.join(guild, owner.id)

    def join(self, guild: Guild, user_id: int, roles: tuple[int, ...] = ()) -> Guild:
        """Make a user a member; the bot gets GUILD_CREATE or GUILD_MEMBER_ADD."""
        member = GuildMember(user_id=user_id, roles=roles, joined_at=self.clock.now())
        guild = self.guilds[guild.id]
        guild = replace(guild, members={**guild.members, user_id: member})
        self.guilds[guild.id] = guild
        if user_id == self.bot.id:
            event = {**render_guild_create(self, guild)}
            del event["unavailable"]  # where it is false discord.py takes it for the end of an outage
            self._publish("GUILD_CREATE", event, guild_id=guild.id)
        else:
            joined = {**render_member(self, guild, user_id), "guild_id": str(guild.id)}
            self._publish("GUILD_MEMBER_ADD", joined, guild_id=guild.id)
        return guild

    def leave(self, guild: Guild, user_id: int) -> None:
        """End a membership; the bot gets GUILD_DELETE for its own, else GUILD_MEMBER_REMOVE."""
        guild = self.guilds[guild.id]
        gone: dict[str, object] = {"guild_id": str(guild.id), "user": render_user(self.users[user_id])}
        if user_id == self.bot.id:
            self._publish("GUILD_DELETE", {"id": str(guild.id)}, guild_id=guild.id)
        others = {key: member for key, member in guild.members.items() if key != user_id}
        self.guilds[guild.id] = replace(guild, members=others)
        self._publish("GUILD_MEMBER_REMOVE", gone, guild_id=guild.id)

    def begin_outage(self, guild: Guild) -> None:
        """Make a guild unavailable; the bot gets GUILD_DELETE that says so, and nothing more from there."""
        gone: dict[str, object] = {"id": str(guild.id), "unavailable": True}
        self._publish("GUILD_DELETE", gone, guild_id=guild.id)
        self.guilds[guild.id] = replace(self.guilds[guild.id], unavailable=True)

    def end_outage(self, guild: Guild) -> None:
        """Make a guild available again; the bot gets GUILD_CREATE."""
        self.guilds[guild.id] = replace(self.guilds[guild.id], unavailable=False)
        event = render_guild_create(self, self.guilds[guild.id])
        self._publish("GUILD_CREATE", event, guild_id=guild.id)

    def add_role(self, guild: Guild, name: str, permissions: int) -> Role:
        """Add a role without members."""
        guild = self.guilds[guild.id]
        role = Role(id=self.ids.next(), name=name, permissions=permissions, position=len(guild.roles))
        self.change_guild(replace(guild, roles={**guild.roles, role.id: role}))
        return role

    def change_guild(self, guild: Guild) -> None:
        """Replace a guild by its new version."""
        self.guilds[guild.id] = guild
        self._publish("GUILD_UPDATE", render_guild(self, guild), guild_id=guild.id)

    # channels

    def add_channel(
        self,
        guild: Guild,
        name: str,
        kind: ChannelKind = ChannelKind.TEXT,
        parent: Channel | None = None,
        members: frozenset[int] = frozenset(),
    ) -> Channel:
        """Add a channel or thread; the guild's owner and `members` have joined a thread."""
        channel = Channel(
            id=self.ids.next(),
            kind=kind,
            name=name,
            guild_id=guild.id,
            parent_id=parent.id if parent else None,
            owner_id=guild.owner_id,
            members=members | {guild.owner_id} if kind in THREADS else frozenset(),
        )
        self.channels[channel.id] = channel
        self._publish_channel("CREATE", channel)
        return channel

    def change_channel(self, channel: Channel) -> None:
        """Replace a channel by its new version."""
        self.channels[channel.id] = channel
        self._publish_channel("UPDATE", channel)

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel; its messages stay in the records."""
        self._publish_channel("DELETE", channel)
        del self.channels[channel.id]

    def dm_with(self, user_id: int) -> Channel:
        """The bot's direct messages with a person, opened if need be."""
        for channel in self.channels.values():
            if channel.recipient_id == user_id:
                return channel
        name = self.user(user_id).name
        channel = Channel(id=self.ids.next(), kind=ChannelKind.DM, name=name, recipient_id=user_id)
        self.channels[channel.id] = channel
        return channel

    def join_thread(self, thread: Channel, user_id: int) -> None:
        """Make a user a member of a thread; a bot that sees it only now also gets THREAD_CREATE."""
        thread = self.channel(thread.id)
        if user_id in thread.members:
            return
        seen_before = self.sees(self.bot.id, thread)
        thread = replace(thread, members=thread.members | {user_id})
        self.channels[thread.id] = thread
        if not seen_before and self.sees(self.bot.id, thread):
            self._publish_channel("CREATE", thread)
        self._publish_members(thread, {"added_members": [render_thread_member(thread, user_id)]})

    def leave_thread(self, thread: Channel, user_id: int) -> None:
        """End a membership of a thread; the bot, too, hears of its own."""
        thread = self.channel(thread.id)
        left = replace(thread, members=thread.members - {user_id})
        self._publish_members(left, {"removed_member_ids": [str(user_id)]})
        self.channels[thread.id] = left

    def set_permissions(self, channel: Channel, holder_id: int, overwrite: Overwrite) -> None:
        """Set a channel's overwrite for a role or user (`holder_id`)."""
        channel = self.channel(channel.id)
        self.change_channel(replace(channel, overwrites={**channel.overwrites, holder_id: overwrite}))

    # messages

    def post(self, message: Message) -> Message:
        """Add a message and dispatch MESSAGE_CREATE."""
        self.revisions[message.id] = []
        self.replies.setdefault(message.reply_to, []).append(message.id)
        if message.nonce is not None:
            self.nonces[message.author_id, message.nonce] = message
        return self._keep("CREATE", message)

    def revise(self, message: Message) -> Message:
        """Replace a message by its new version and dispatch MESSAGE_UPDATE."""
        return self._keep("UPDATE", message)

    def delete(self, message: Message) -> None:
        """Delete a message; its versions stay in `revisions`."""
        del self.messages[message.id]
        gone: dict[str, object] = {"id": str(message.id), "channel_id": str(message.channel_id)}
        name = "MESSAGE_DELETE" if message.only_for is None else "CLIENT_MESSAGE_GONE"
        self._publish_in_channel(name, gone, message.channel_id, message.only_for)

    async def store(self, upload: Upload, channel_id: int, *, ephemeral: bool = False) -> Attachment:
        """Store an uploaded file with the size and duration in its header."""
        content_type = upload.content_type
        if content_type is None:
            content_type = content_type_of(upload.filename)
        info = await asyncio.to_thread(probe, upload.data, content_type)
        attachment = Attachment(
            id=self.ids.next(),
            channel_id=channel_id,
            filename=clean_filename(upload.filename),
            data=upload.data,
            content_type=content_type or None,
            width=info.width,
            height=info.height,
            seconds=info.seconds,
            spoiler=upload.spoiler or upload.filename.startswith(SPOILER_PREFIX),
            ephemeral=ephemeral,
        )
        self.files[attachment.id] = attachment
        return attachment

    def react(self, message: Message, user_id: int, emoji: str) -> None:
        """Add a reaction; nothing happens if it is there."""
        people = message.reactions.get(emoji, ())
        if user_id not in people:
            self._set_reaction(message, emoji, (*people, user_id))
            self._publish_reaction("ADD", message, user_id, emoji)

    def unreact(self, message: Message, user_id: int, emoji: str) -> None:
        """Remove a reaction; nothing happens if it is not there."""
        people = message.reactions.get(emoji, ())
        if user_id in people:
            self._set_reaction(message, emoji, tuple(person for person in people if person != user_id))
            self._publish_reaction("REMOVE", message, user_id, emoji)

    # events

    def _keep(self, verb: str, message: Message) -> Message:
        message = replace(message, shown_at=self.clock.now())
        self.messages[message.id] = message
        self.revisions[message.id].append(message)
        name = f"MESSAGE_{verb}" if message.only_for is None else "CLIENT_MESSAGE"
        event = render_message_event(self, message)
        self._publish_in_channel(name, event, message.channel_id, message.only_for)
        return message

    def _set_reaction(self, message: Message, emoji: str, people: tuple[int, ...]) -> None:
        others = {key: value for key, value in message.reactions.items() if key != emoji}
        reactions = {**others, emoji: people} if people else others
        self.messages[message.id] = replace(message, reactions=reactions)

    def _publish_reaction(self, verb: str, message: Message, user_id: int, emoji: str) -> None:
        data = render_reaction_event(self, message, user_id, emoji)
        if verb == "REMOVE":
            data = {key: value for key, value in data.items() if key not in ("member", "message_author_id")}
        self._publish_in_channel(f"MESSAGE_REACTION_{verb}", data, message.channel_id)

    def _publish_channel(self, verb: str, channel: Channel) -> None:
        name = f"THREAD_{verb}" if channel.is_thread else f"CHANNEL_{verb}"
        self._publish_in_channel(name, render_channel_event(self, channel), channel.id)

    def _publish_members(self, thread: Channel, change: dict[str, object]) -> None:
        data = {"id": str(thread.id), "guild_id": str(thread.guild_id), "member_count": len(thread.members)}
        self._publish_in_channel("THREAD_MEMBERS_UPDATE", data | change, thread.id)

    def _publish_in_channel(
        self, name: str, data: dict[str, object], channel_id: int, only_for: int | None = None
    ) -> None:
        guild = self.guild_of(channel_id)
        guild_id = guild.id if guild else None
        self.feed.publish(
            Change(name=name, data=data, guild_id=guild_id, channel_id=channel_id, only_for=only_for)
        )

    def _publish(self, name: str, data: dict[str, object], guild_id: int) -> None:
        self.feed.publish(Change(name=name, data=data, guild_id=guild_id))
