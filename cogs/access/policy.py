"""Who may do what where: the one check of commands, lists, choices, buttons, modals and reactions. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

from jobs.errors import Refusal
from jobs.requester import Actor, ChannelRights, Location

ANYBODY = 0  # an owner who is never the actor: no Discord id is 0


class Action(StrEnum):
    """What a requester wants to do."""

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
    LIST = "list"
    CHANGE_RULES = "change rules"


COSTS_GPU_TIME = frozenset({Action.ANIMATE, Action.REROLL, Action.CHANGE, Action.EXTEND, Action.RETRY})
# Only the owner of the job may do these with it, and who moderates its channel.
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
class AccessPolicy:
    """What the owner of the bot allows, as Discord ids; an empty set allows everybody."""

    guilds: AbstractSet[int] = field(default_factory=frozenset[int])
    channels: AbstractSet[int] = field(default_factory=frozenset[int])
    roles: AbstractSet[int] = field(default_factory=frozenset[int])
    blocked: AbstractSet[int] = field(default_factory=frozenset[int])

    def check(
        self,
        actor: Actor,
        location: Location,
        action: Action,
        *,
        owner: int | None = None,
        rights: ChannelRights | None = None,
    ) -> Refusal | None:
        """The Refusal of the rule that forbids it, else None.

        `location`: where it is asked for. `owner`: of the job that it is about, if any. `rights`: of the
        actor in the channel of that job; None where they are not known. One's own jobs need no rights.
        """
        if actor.bot:
            return Refusal("bot")
        if action is Action.CHANGE_RULES:
            return self._check_manager(actor, location)
        refusal = None if owner in (None, actor.id) else _check_rights(action, rights)
        if refusal or action not in COSTS_GPU_TIME:
            return refusal
        return self._check_gpu_time(actor, location)

    def _check_manager(self, actor: Actor, location: Location) -> Refusal | None:
        if location.guild_id is None:
            return Refusal("direct_message")
        return None if actor.manages else Refusal("not_manager")

    def _check_gpu_time(self, actor: Actor, location: Location) -> Refusal | None:
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


def _check_rights(action: Action, rights: ChannelRights | None) -> Refusal | None:
    """The check of a job of somebody else; to who does not see its channel there is no such job."""
    if rights is None:
        return Refusal("not_now")
    if not rights.views:
        return Refusal("no_such_job")
    return Refusal("not_yours") if action in OWNER_ONLY and not rights.moderates else None
