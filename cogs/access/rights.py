"""What somebody may do with one job, wherever they got hold of it."""

from dataclasses import replace

from cogs.access.policy import Action, Gate, Person, Place
from storage import Job


def allow(gate: Gate, person: Person, place: Place, action: Action, job: Job) -> None:
    """Let the person go on with this job, or raise the Refusal of the rule that says no.

    Who moderates here does not moderate the jobs of another guild.
    """
    if place.guild_id != job.guild_id:
        person = replace(person, moderates=False)
    refusal = gate.may(person, place, action, owner=job.user_id)
    if refusal:
        raise refusal
