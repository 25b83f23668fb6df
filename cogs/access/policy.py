"""The gate: the one place that decides who may do what where."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

import discord

from jobs.errors import Refusal


class Action(StrEnum):
    """What somebody wants to do."""

    ANIMATE = "animate"
    REROLL = "reroll"
    CANCEL = "cancel"
    DELETE = "delete"
    SEND_BY_DM = "send by DM"
    SHOW = "show"
    CHANGE = "change"
    EXTEND = "extend"
    RETRY = "retry"
    REPORT = "report"
    CHANGE_RULES = "change rules"


# What takes GPU time.
COSTS_GPU_TIME = frozenset({Action.ANIMATE, Action.REROLL, Action.CHANGE, Action.EXTEND, Action.RETRY})
# What only the owner of a job may do with it, and who moderates.
OWNER_ONLY = frozenset(
    {
        Action.CANCEL,
        Action.DELETE,
        Action.SEND_BY_DM,
        Action.SHOW,
        Action.CHANGE,
        Action.EXTEND,
        Action.RETRY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whoever acts: a member of a guild, or a bot or webhook, or somebody in a DM (who has no roles).

    `moderates`: has Manage Messages where it happens; `manages`: has Manage Server.
    """

    id: int
    bot: bool
    roles: AbstractSet[int]
    booster: bool = False
    moderates: bool = False
    manages: bool = False

    @classmethod
    def of(cls, user: discord.User | discord.Member) -> "Actor":
        """Read off what Discord sent."""
        if not isinstance(user, discord.Member):
            return cls(id=user.id, bot=user.bot or user.system, roles=frozenset())
        roles = frozenset(role.id for role in user.roles)
        allowed = user.resolved_permissions or user.guild_permissions
        return cls(
            id=user.id,
            bot=user.bot,
            roles=roles,
            booster=user.premium_since is not None,
            moderates=allowed.administrator or allowed.manage_messages,
            manages=allowed.administrator or allowed.manage_guild,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where it happens. A thread counts as its parent channel too."""

    guild_id: int | None
    channel_ids: AbstractSet[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """What the owner of the bot allows; an empty set allows all."""

    guilds: AbstractSet[int] = field(default_factory=frozenset[int])
    channels: AbstractSet[int] = field(default_factory=frozenset[int])
    roles: AbstractSet[int] = field(default_factory=frozenset[int])
    blocked: AbstractSet[int] = field(default_factory=frozenset[int])

    def check(
        self, actor: Actor, location: Location, action: Action, *, owner: int | None = None
    ) -> Refusal | None:
        """None where it is allowed, else which rule says no. `owner` is whose job it is about, if any."""
        if actor.bot:
            return Refusal("bot")
        if action is Action.CHANGE_RULES:
            return self._may_change_rules(actor, location)
        if action in OWNER_ONLY and actor.id != owner and not actor.moderates:
            return Refusal("not_yours")
        return self._may_ask(actor, location) if action in COSTS_GPU_TIME else None

    def _may_change_rules(self, actor: Actor, location: Location) -> Refusal | None:
        if location.guild_id is None:
            return Refusal("direct_message")
        return None if actor.manages else Refusal("not_manager")

    def _may_ask(self, actor: Actor, location: Location) -> Refusal | None:
        if actor.id in self.blocked:
            return Refusal("blocked_people")
        if location.guild_id is None:
            return Refusal("direct_message")
        if self.guilds and location.guild_id not in self.guilds:
            return Refusal("guild")
        if self.channels and not self.channels & location.channel_ids:
            return Refusal("channel")
        if self.roles and not self.roles & actor.roles:
            return Refusal("role")
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueShare:
    """How much of the GPU somebody gets: the weight against others, and GPU seconds of head start."""

    weight: float = 1.0
    head_start: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SharePolicy:
    """What roles and boosting are worth: the largest weight counts."""

    roles: Mapping[int, float] = field(default_factory=dict[int, float])
    booster: QueueShare = QueueShare()

    def of(self, actor: Actor) -> QueueShare:
        """The share of this person."""
        weights = [self.roles[role] for role in actor.roles if role in self.roles]
        boosted = self.booster if actor.booster else QueueShare()
        return QueueShare(weight=max([boosted.weight, *weights]), head_start=boosted.head_start)
