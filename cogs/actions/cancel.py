"""Cancels a job for a person: used by commands, buttons, selects and reactions."""

from cogs.access.policy import Action
from cogs.actions.context import BotContext
from jobs.errors import Refusal
from jobs.requester import Requester
from storage import Job, Reason, State


async def cancel(context: BotContext, requester: Requester, job: Job) -> Job:
    """Cancel a queued job, or request that a running one is stopped; returns the changed job.

    Raises Refusal where the requester may not or the job has ended, StoreError.
    """
    await context.require(requester, Action.CANCEL, job)
    code = "by_person" if requester.user_id == job.user_id else "by_moderator"
    mover = f"person {requester.user_id}"
    cancelled = await context.store.cancel(job.id, mover=mover, reason=Reason(code=code))
    if cancelled is None:
        raise Refusal("over")
    announcer = context.messages.announcer
    if cancelled.state is State.CANCELLED:
        announcer.ended(cancelled)
    else:
        announcer.cancelling(cancelled)
    context.notifier.notify()
    return cancelled
