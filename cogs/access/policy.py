"""Who may do what where: the one check of commands, buttons, modals and reactions."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum

from jobs.errors import Refusal
from jobs.requester import Actor, Location, Requester
from storage import Job


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
    CHANGE_RULES = "change rules"


COSTS_GPU_TIME = frozenset({Action.ANIMATE, Action.REROLL, Action.CHANGE, Action.EXTEND, Action.RETRY})
# Only the owner of the job may do these with it, and who moderates.
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
        self, actor: Actor, location: Location, action: Action, *, owner: int | None = None
    ) -> Refusal | None:
        """The Refusal of the rule that forbids it, else None. `owner`: of the job it is about, if any."""
        if actor.bot:
            return Refusal("bot")
        if action is Action.CHANGE_RULES:
            return self._check_manager(actor, location)
        if action in OWNER_ONLY and actor.id != owner and not actor.moderates:
            return Refusal("not_yours")
        return self._check_gpu_time(actor, location) if action in COSTS_GPU_TIME else None

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


def require_access(
    policy: AccessPolicy, requester: Requester, action: Action, job: Job | None = None
) -> None:
    """Raise the Refusal of the rule that forbids it. `job`: the job that the action is about, if any.

    Moderators of one guild have no rights over the jobs of another.
    """
    actor = requester.actor
    if job and requester.location.guild_id != job.guild_id:
        actor = replace(actor, moderates=False)
    refusal = policy.check(actor, requester.location, action, owner=job.user_id if job else None)
    if refusal:
        raise refusal
