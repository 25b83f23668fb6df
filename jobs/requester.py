"""Who asks for something, where, and how much GPU time they get: plain records without discord."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whoever acts: a member of a guild, a bot or webhook, or a user in a DM (who has no roles).

    `manages`: has Manage Server.
    """

    id: int
    bot: bool
    roles: AbstractSet[int]
    booster: bool = False
    manages: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRights:
    """What somebody may do in one channel: see it, and manage other people's messages there."""

    views: bool = False
    moderates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """The guild (None in a DM) and the channel; a thread counts as itself and as its parent channel."""

    guild_id: int | None
    channel_ids: AbstractSet[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """One request: who, where, under which message (0: none), and in which language they are answered.

    `rights`: of the actor in that channel; None where they are not known.
    """

    actor: Actor
    location: Location
    channel_id: int
    rights: ChannelRights | None = None
    message_id: int = 0
    locale: str = "en-US"

    @property
    def user_id(self) -> int:
        """Discord's id of the actor."""
        return self.actor.id

    @property
    def guild_id(self) -> int:
        """Discord's id of the guild; 0 in a DM."""
        return self.location.guild_id or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueShare:
    """How much of the GPU a person gets: a weight against others, and a head start in GPU seconds."""

    weight: float = 1.0
    head_start: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SharePolicy:
    """What roles and boosting are worth: the largest weight counts."""

    roles: Mapping[int, float] = field(default_factory=dict[int, float])
    booster: QueueShare = QueueShare()

    def of(self, actor: Actor) -> QueueShare:
        """The share of this actor."""
        weights = [self.roles[role] for role in actor.roles if role in self.roles]
        boosted = self.booster if actor.booster else QueueShare()
        return QueueShare(weight=max([boosted.weight, *weights]), head_start=boosted.head_start)
