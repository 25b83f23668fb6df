"""The gate: the one place that decides who may do what where."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

import discord

from cogs.refusal import Refusal


class Action(StrEnum):
    """What somebody wants to do."""

    ANIMATE = "animate"
    REROLL = "reroll"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whoever acts: a member of a guild, or a bot, or somebody in a DM (who has no roles)."""

    id: int
    bot: bool
    roles: AbstractSet[int]

    @classmethod
    def of(cls, user: discord.User | discord.Member) -> "Person":
        """Read off what Discord sent."""
        roles = user.roles if isinstance(user, discord.Member) else ()
        return cls(id=user.id, bot=user.bot or user.system, roles=frozenset(role.id for role in roles))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it happens. A thread counts as its parent channel too."""

    guild_id: int | None
    channel_ids: AbstractSet[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the owner of the bot allows; an empty set allows all."""

    guilds: AbstractSet[int] = field(default_factory=frozenset[int])
    channels: AbstractSet[int] = field(default_factory=frozenset[int])
    roles: AbstractSet[int] = field(default_factory=frozenset[int])

    def may(self, person: Person, place: Place, action: Action) -> Refusal | None:
        """None where it is allowed, else which rule says no. `action` is for rules that tell them apart."""
        if person.bot:
            return Refusal("bot")
        if place.guild_id is None:
            return Refusal("direct_message")
        if self.guilds and place.guild_id not in self.guilds:
            return Refusal("guild")
        if self.channels and not self.channels & place.channel_ids:
            return Refusal("channel")
        if self.roles and not self.roles & person.roles:
            return Refusal("role")
        return None
