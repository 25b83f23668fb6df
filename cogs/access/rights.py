"""What somebody may do with one job, wherever they got hold of it."""

from dataclasses import replace

from cogs.access.policy import AccessPolicy, Action, Actor, Location
from storage import Job


def require_access(policy: AccessPolicy, actor: Actor, location: Location, action: Action, job: Job) -> None:
    """Let the person go on with this job, or raise the Refusal of the rule that says no.

    Who moderates here does not moderate the jobs of another guild.
    """
    if location.guild_id != job.guild_id:
        actor = replace(actor, moderates=False)
    refusal = policy.check(actor, location, action, owner=job.user_id)
    if refusal:
        raise refusal
