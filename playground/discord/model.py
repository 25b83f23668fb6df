"""The records of the loopback Discord: frozen dataclasses, replaced when they change."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from playground.discord.json_values import Json, as_object, as_objects, as_text

TEN_MEBIBYTES = 10 * 1024 * 1024
TEXT_DISPLAY = 10
"""The component type of V2 that is plain text."""


class ChannelKind(IntEnum):
    """The `type` of a channel."""

    TEXT = 0
    DM = 1
    VOICE = 2
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15
    MEDIA = 16


THREADS = frozenset({ChannelKind.ANNOUNCEMENT_THREAD, ChannelKind.PUBLIC_THREAD, ChannelKind.PRIVATE_THREAD})
SPOKEN = frozenset({ChannelKind.VOICE, ChannelKind.STAGE})
"""Kinds that people join to speak; each has a chat."""
THREADS_ONLY = frozenset({ChannelKind.FORUM, ChannelKind.MEDIA})
"""Kinds that hold posts, which are threads, and no messages of their own."""


class MessageFlag(IntFlag):
    """Bits of a message's `flags`."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    HAS_SNAPSHOT = 1 << 14
    COMPONENTS_V2 = 1 << 15


class AttachmentFlag(IntFlag):
    """Bits of an attachment's `flags`."""

    IS_SPOILER = 1 << 3


class MessageKind(IntEnum):
    """The `type` of a message."""

    DEFAULT = 0
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    CONTEXT_MENU_COMMAND = 23


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user account: a person, a bot or a webhook."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    upload_limit: int = 0
    """Bytes a file that this person's plan allows beyond the default for all."""
    accepts_dms: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role of a guild; `permissions` are the bits of Permission."""

    id: int
    name: str
    permissions: int
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildMember:
    """A user's membership of one guild."""

    user_id: int
    roles: tuple[int, ...] = ()
    joined_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guild:
    """A guild with its roles and members by id."""

    id: int
    name: str
    owner_id: int
    locale: str = "en-US"
    boost_level: int = 0
    system_channel_id: int | None = None
    """Where Discord says who has joined."""
    unavailable: bool = False
    """Discord has an outage there: no events, and requests about it fail."""
    roles: Mapping[int, Role] = field(default_factory=dict[int, Role])
    members: Mapping[int, GuildMember] = field(default_factory=dict[int, GuildMember])

    @property
    def upload_limit(self) -> int:
        """Bytes a file by its boosts: at level 2 50 MiB, at 3 100 MiB, before none beyond the default."""
        return {2: 50, 3: 100}.get(self.boost_level, 0) * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Overwrite:
    """Permissions that a channel gives or takes from a role or user."""

    allow: int = 0
    deny: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A guild's channel, a thread (with `parent_id`) or direct messages (with `recipient_id`)."""

    id: int
    kind: ChannelKind
    name: str
    guild_id: int | None = None
    parent_id: int | None = None
    owner_id: int | None = None
    recipient_id: int | None = None
    overwrites: Mapping[int, Overwrite] = field(default_factory=dict[int, Overwrite])
    archived: bool = False
    locked: bool = False
    members: frozenset[int] = frozenset()
    """Of a thread: the ids of the users who joined it. A private one is seen by them and moderators only."""

    @property
    def is_thread(self) -> bool:
        """Whether it belongs to a channel whose permissions it follows."""
        return self.kind in THREADS


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file on its way in. Without a content type the name decides, as Discord does it.

    With "" Discord tells none of it, as of a name that it does not know. It is a spoiler by `spoiler`, or by
    a name that begins with `SPOILER_`.
    """

    filename: str
    data: bytes
    content_type: str | None = None
    spoiler: bool = False
    index: int = 0
    """n of the form field `files[n]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A stored file. `width`, `height` and `seconds` are None where they cannot be read."""

    id: int
    channel_id: int
    filename: str
    data: bytes
    content_type: str | None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    description: str | None = None
    spoiler: bool = False
    ephemeral: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """Which interaction a message answers."""

    id: int
    kind: int
    name: str
    user_id: int
    pressed: int | None = None
    """The id of the message whose button was pressed."""
    opener: "Invocation | None" = None
    """Of a modal's submission: the interaction that opened the modal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One state of a message. Times are seconds since 1970."""

    id: int
    channel_id: int
    author_id: int
    kind: MessageKind = MessageKind.DEFAULT
    content: str = ""
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    flags: int = 0
    sent_at: float = 0.0
    edited_at: float | None = None
    shown_at: float = 0.0
    """When it came to be as it is."""
    reply_to: int | None = None
    forwarded: "Message | None" = None
    """Of a forward: the other message as it was then."""
    poll: Json | None = None
    nonce: str | None = None
    mentions: tuple[int, ...] = ()
    mentions_everyone: bool = False
    pinged: frozenset[int] = frozenset()
    """Ids of the users who were pinged when it was sent."""
    reactions: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    invocation: Invocation | None = None
    webhook_id: int | None = None
    only_for: int | None = None
    """Set on ephemeral messages: the one person who sees it."""

    @property
    def text(self) -> str:
        """All words that the message shows: content, embeds and V2 text, line by line."""
        words = [self.content]
        for embed in self.embeds:
            words += _embed_words(embed)
        for component in self.components:
            words += _component_words(component)
        return "\n".join(word for word in words if word)

    @property
    def unfurled(self) -> list[str]:
        """The links and invites in its content that Discord shows an embed of; none if suppressed."""
        return [] if self.flags & MessageFlag.SUPPRESS_EMBEDS else _LINK.findall(self.content)


_LINK = re.compile(r"(?<!<)https?://[^\s<>)]+|\bdiscord(?:\.gg|(?:app)?\.com/invite)/[\w-]+")


def _embed_words(embed: Json) -> list[str]:
    words = [str(embed.get("title") or ""), str(embed.get("description") or "")]
    words += [f"{entry.get('name')}: {entry.get('value')}" for entry in as_objects(embed.get("fields"))]
    words.append(as_text(as_object(embed.get("footer")).get("text")))
    return words


def _component_words(component: Json) -> list[str]:
    words = [as_text(component.get("content"))] if component.get("type") == TEXT_DISPLAY else []
    for inner in as_objects(component.get("components")):
        words += _component_words(inner)
    return words
