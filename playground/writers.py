"""Whoever writes in the guild: messages, links, forwards and polls, checked as Discord's client does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from playground.discord.components import numbered
from playground.discord.json_values import Json
from playground.discord.message_bodies import mentions_in
from playground.discord.model import Attachment, Channel, Message, MessageFlag, MessageKind, Upload, User
from playground.discord.permissions import NOTHING, Permission, name_permissions, send_permission
from playground.discord.render.messages import render_link
from playground.errors import NotPossible
from playground.guild import PlaygroundGuild
from playground.tracked_job import Clip, TrackedJob

Target = Message | Clip | TrackedJob


@dataclass(frozen=True, slots=True)
class Writer:
    """A user or a webhook of the playground's guild, who writes messages."""

    playground: PlaygroundGuild
    id: int
    webhook_id: int | None = None
    """Set where this is no member but a webhook, which writes and does nothing else."""

    @property
    def user(self) -> User:
        """The user as it is now."""
        return self.playground.state.user(self.id)

    @property
    def name(self) -> str:
        """The user's name."""
        return self.user.name

    @property
    def mention(self) -> str:
        """The text that mentions the user."""
        return f"<@{self.id}>"

    async def say(
        self,
        content: str = "",
        *files: Upload,
        channel: Channel | None = None,
        reply_to: Message | None = None,
        embeds: Sequence[Json] = (),
        components: Sequence[Json] = (),
        poll: Json | None = None,
    ) -> Message:
        """Write a message. `embeds` and `components` (of V2) are what webhooks and other bots send.

        Both may name the message's files as `attachment://NAME`.
        """
        channel = channel or self.playground.channel
        attachments = tuple([await self.playground.state.store(file, channel.id) for file in files])
        written = self._written(content, attachments, channel, reply_to)
        flags = MessageFlag.COMPONENTS_V2 if components else 0
        return self._post(
            replace(
                written, embeds=tuple(embeds), components=tuple(numbered(components)), flags=flags, poll=poll
            ),
            channel,
        )

    async def link(self, url: str, picture: Upload, *, channel: Channel | None = None) -> Message:
        """Write a link to another site's picture: Discord shows it as an embed."""
        state, channel = self.playground.state, channel or self.playground.channel
        file = await state.store(picture, channel.id)
        written = replace(self._written(url, (), channel, None), embeds=(render_link(state, url, file),))
        return self._post(written, channel)

    def forward(self, target: Target, *, channel: Channel | None = None) -> Message:
        """Forward a message: the new one has a snapshot of it, and no words of its own."""
        source, channel = self.current(target), channel or self.playground.channel
        written = self._written("", (), channel, None)
        return self._post(replace(written, forwarded=source, flags=MessageFlag.HAS_SNAPSHOT), channel)

    def ask(
        self, question: str, *answers: str, expiry: str | None = None, channel: Channel | None = None
    ) -> Message:
        """Write a poll; without `expiry` (ISO 8601) it never ends."""
        channel = channel or self.playground.channel
        poll = _poll(question, answers, expiry)
        return self._post(replace(self._written("", (), channel, None), poll=poll), channel)

    def _post(self, message: Message, channel: Channel) -> Message:
        state = self.playground.state
        channel = state.channel(channel.id)
        self.require(channel, send_permission(channel))
        self._reopen(channel)
        message = state.post(message)
        if channel.is_thread:  # who writes or is mentioned there has joined it
            for user_id in (self.id, *message.mentions):
                state.join_thread(channel, user_id)
        return message

    async def delete(self, target: Target) -> None:
        """Delete a message: one's own, or with Manage Messages another's."""
        message = message_of(target)
        if message.author_id != self.id:
            self.require(self.playground.state.channel(message.channel_id), Permission.MANAGE_MESSAGES)
        self.playground.state.delete(self.playground.state.message(message.channel_id, message.id))

    def _written(
        self,
        content: str,
        attachments: tuple[Attachment, ...],
        channel: Channel,
        reply_to: Message | None,
    ) -> Message:
        state = self.playground.state
        people, everyone = mentions_in(content, None, reply_to.author_id if reply_to else None)
        heard = tuple(person for person in people if person in state.users)
        may_ping_all = Permission.MENTION_EVERYONE in state.permissions(self.id, channel)
        return Message(
            id=state.ids.next(),
            channel_id=channel.id,
            author_id=self.id,
            kind=MessageKind.REPLY if reply_to else MessageKind.DEFAULT,
            content=content,
            attachments=attachments,
            sent_at=state.clock.now(),
            reply_to=reply_to.id if reply_to else None,
            mentions=heard,
            mentions_everyone=everyone and may_ping_all,
            pinged=state.people_among(heard),
            webhook_id=self.webhook_id,
        )

    def require(self, channel: Channel, needed: Permission) -> None:
        """Raise NotPossible where the person does not see the channel or lacks a permission there."""
        granted = self.playground.state.permissions(self.id, channel)
        if not self.playground.state.sees(self.id, channel):
            granted &= ~Permission.VIEW_CHANNEL
        if missing := (needed | Permission.VIEW_CHANNEL) & ~granted:
            raise NotPossible(f"{self.name} lacks {name_permissions(missing)} in #{channel.name}")

    def _reopen(self, channel: Channel) -> None:
        """Unarchive a thread, as a message does; locked ones are for moderators."""
        if channel.locked:
            self.require(channel, Permission.MANAGE_THREADS)
        if channel.archived:
            self.playground.state.change_channel(replace(channel, archived=False))

    def current(self, target: Target) -> Message:
        """The message as it is now. Raises NotPossible where the person does not see it."""
        message = self.playground.state.messages.get(message_of(target).id)
        if message is None or message.only_for not in (None, self.id):
            raise NotPossible(f"{self.name} does not see that message any more")
        self.require(self.channel_of(message), NOTHING)
        return message

    def channel_of(self, message: Message) -> Channel:
        """The channel of a message."""
        return self.playground.state.channel(message.channel_id)


def message_of(target: Target) -> Message:
    """The message that is meant. Raises NotPossible where a job has none."""
    if isinstance(target, Message):
        return target
    if isinstance(target, Clip):
        return target.message
    if (message := target.status or target.card) is None:
        raise NotPossible("the job has no message")
    return message


def _poll(question: str, answers: Sequence[str], expiry: str | None) -> Json:
    return {
        "question": {"text": question},
        "answers": [
            {"answer_id": number, "poll_media": {"text": answer}}
            for number, answer in enumerate(answers, start=1)
        ],
        "expiry": expiry,
        "allow_multiselect": False,
        "layout_type": 1,
        "results": {"is_finalized": False, "answer_counts": list[Json]()},
    }
