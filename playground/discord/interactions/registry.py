"""Interactions: sent to the bot, acknowledged within 3 seconds, answered by token for 15 minutes."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from playground.discord import errors
from playground.discord.change_feed import Change
from playground.discord.json_values import Json, as_object, as_text
from playground.discord.model import Channel, Invocation, Message, MessageFlag, MessageKind
from playground.discord.permissions import EVERYTHING
from playground.discord.render.guilds import render_channel, render_member, render_user
from playground.discord.render.messages import render_message
from playground.discord.state import DiscordState

ACKNOWLEDGE_TIMEOUT = 3.0
TOKEN_LIFETIME = 15 * 60.0
"""Seconds (Discord reference, "Receiving and Responding")."""


class InteractionKind(IntEnum):
    """The `type` of an interaction."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Callback(IntEnum):
    """The `type` of the response to an interaction."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


_ANSWERS = frozenset({Callback.MESSAGE, Callback.DEFERRED_MESSAGE})
_UPDATES = frozenset({Callback.UPDATE, Callback.DEFERRED_UPDATE})
ALLOWED_CALLBACKS: Mapping[InteractionKind, frozenset[Callback]] = {
    InteractionKind.COMMAND: _ANSWERS | {Callback.MODAL},
    InteractionKind.COMPONENT: _ANSWERS | _UPDATES | {Callback.MODAL},
    InteractionKind.AUTOCOMPLETE: frozenset({Callback.CHOICES}),
    InteractionKind.MODAL: _ANSWERS | _UPDATES,
}
"""How each kind may be answered: a modal opens no modal."""


@dataclass(slots=True, kw_only=True)
class Interaction:
    """One interaction and how far its answer has come."""

    id: int
    token: str
    kind: InteractionKind
    user_id: int
    channel: Channel
    data: Json
    made_at: float
    source: Message | None = None
    """The message whose button was pressed."""
    opener: "Interaction | None" = None
    """Of a modal's submission: what opened the modal."""
    answer: Callback | None = None
    original: int | None = None
    """The id of the message that answers it."""
    followups: list[int] = field(default_factory=list[int])
    modal: Json | None = None
    choices: list[Json] = field(default_factory=list[Json])
    unanswered: bool = False
    """The person has read "The application did not respond"."""


class Interactions:
    """All interactions; sends them out, and keeps their deadlines."""

    def __init__(self, state: DiscordState) -> None:
        self._state = state
        self._by_token: dict[str, Interaction] = {}

    def open(
        self,
        kind: InteractionKind,
        user_id: int,
        channel: Channel,
        data: Json,
        source: Message | None = None,
        opener: Interaction | None = None,
    ) -> Interaction:
        """Send a person's interaction to the bot; the 3 seconds run from now."""
        now = self._state.clock.now()
        interaction = Interaction(
            id=self._state.ids.next(),
            token=secrets.token_urlsafe(64),
            kind=kind,
            user_id=user_id,
            channel=channel,
            data=data,
            made_at=now,
            source=source,
            opener=opener,
        )
        self._by_token[interaction.token] = interaction
        self._state.clock.at(now + ACKNOWLEDGE_TIMEOUT, lambda: self._give_up(interaction))
        guild_id = channel.guild_id
        payload = self._payload(interaction)
        self._state.feed.publish(
            Change(name="INTERACTION_CREATE", data=payload, guild_id=guild_id, only_for=self._state.bot.id)
        )
        return interaction

    def to_acknowledge(self, interaction_id: int, token: str) -> Interaction:
        """The interaction to answer now. Raises 404/10062 when unknown or late, 400/40060 when answered."""
        interaction = self._by_token.get(token)
        if interaction is None or interaction.id != interaction_id or interaction.unanswered:
            raise errors.unknown("interaction")
        if interaction.answer is not None:
            raise errors.already_acknowledged()
        return interaction

    def by_token(self, token: str) -> Interaction:
        """Whose webhook this is. Raises 404/10015 before its first answer, 401/50027 after 15 minutes."""
        interaction = self._by_token.get(token)
        if interaction is None or interaction.answer is None:
            raise errors.unknown("Webhook")
        if self._state.clock.now() > interaction.made_at + TOKEN_LIFETIME:
            raise errors.expired_token()
        return interaction

    def blank_message(self, interaction: Interaction, flags: int) -> Message:
        """An empty answer by the bot: public, or ephemeral if `flags` has EPHEMERAL."""
        state = self._state
        ephemeral = bool(flags & MessageFlag.EPHEMERAL)
        return Message(
            id=state.ids.next(),
            channel_id=interaction.channel.id,
            author_id=state.bot.id,
            kind=self._message_kind(interaction),
            flags=MessageFlag.EPHEMERAL if ephemeral else 0,
            sent_at=state.clock.now(),
            reply_to=interaction.source.id if interaction.source else None,
            invocation=invocation_of(interaction),
            webhook_id=state.bot.id,
            only_for=interaction.user_id if ephemeral else None,
        )

    def upload_limit(self, interaction: Interaction) -> int:
        """Bytes a file: the larger of what the guild and the person's plan allow."""
        return self._state.upload_limit(interaction.channel, interaction.user_id)

    def loading(self, interaction: Interaction) -> Message | None:
        """The deferred answer that still shows "thinking", if there is one."""
        message = self._state.messages.get(interaction.original or 0)
        return message if message and message.flags & MessageFlag.LOADING else None

    def _message_kind(self, interaction: Interaction) -> MessageKind:
        if interaction.source:
            return MessageKind.REPLY
        menu = interaction.data.get("type") in (2, 3)
        return MessageKind.CONTEXT_MENU_COMMAND if menu else MessageKind.CHAT_INPUT_COMMAND

    def _give_up(self, interaction: Interaction) -> None:
        if interaction.answer is None:
            interaction.unanswered = True
            self.publish(interaction)

    def publish(self, interaction: Interaction) -> None:
        """Publish the state of an interaction to the user's own client."""
        data: dict[str, object] = {
            "id": str(interaction.id),
            "answer": interaction.answer.name.lower() if interaction.answer else None,
            "text": "The application did not respond" if interaction.unanswered else None,
            "modal": interaction.modal,
            "choices": interaction.choices,
        }
        change = Change(
            name="CLIENT_INTERACTION",
            data=data,
            channel_id=interaction.channel.id,
            only_for=interaction.user_id,
        )
        self._state.feed.publish(change)

    def _payload(self, interaction: Interaction) -> dict[str, object]:
        state, channel = self._state, interaction.channel
        user = state.user(interaction.user_id)
        payload: dict[str, object] = {
            "id": str(interaction.id),
            "application_id": str(state.bot.id),
            "type": int(interaction.kind),
            "token": interaction.token,
            "version": 1,
            "data": self._data(interaction),
            "channel_id": str(channel.id),
            "channel": {**render_channel(state, channel), "permissions": self._bits(user.id, channel)},
            "app_permissions": self._bits(state.bot.id, channel),
            "locale": user.locale,
            "entitlements": [],
            "authorizing_integration_owners": {"0": str(channel.guild_id or 0)},
            "context": 0 if channel.guild_id else 1,
            "attachment_size_limit": self.upload_limit(interaction),
        }
        if interaction.source:
            pressed = state.revisions[interaction.source.id][-1]
            payload["message"] = render_message(state, pressed)
        return payload | self._who(user.id, channel)

    def _data(self, interaction: Interaction) -> Json:
        """What was filled in; each channel named there comes with what the person may do in it."""
        resolved = as_object(interaction.data.get("resolved"))
        channels = {
            key: {
                **as_object(each),
                "permissions": self._bits(interaction.user_id, self._state.channel(int(key))),
            }
            for key, each in as_object(resolved.get("channels")).items()
        }
        if not channels:
            return interaction.data
        return {**interaction.data, "resolved": {**resolved, "channels": channels}}

    def _who(self, user_id: int, channel: Channel) -> dict[str, object]:
        state = self._state
        if channel.guild_id is None:
            return {"user": render_user(state.user(user_id))}
        guild = state.guilds[channel.guild_id]
        member = {**render_member(state, guild, user_id), "permissions": self._bits(user_id, channel)}
        return {
            "member": member,
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "guild_locale": guild.locale,
        }

    def _bits(self, user_id: int, channel: Channel) -> str:
        in_dm = channel.guild_id is None
        return str(int(EVERYTHING if in_dm else self._state.permissions(user_id, channel)))


def invocation_of(interaction: Interaction) -> Invocation:
    """What a message that answers this interaction records of it."""
    return Invocation(
        id=interaction.id,
        kind=interaction.kind,
        name=as_text(interaction.data.get("name")),
        user_id=interaction.user_id,
        pressed=interaction.source.id if interaction.source else None,
        opener=invocation_of(interaction.opener) if interaction.opener else None,
    )


def without_loading(message: Message) -> Message:
    """The message without the flag of a deferred answer."""
    return replace(message, flags=message.flags & ~MessageFlag.LOADING)
