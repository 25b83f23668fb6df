"""Which process edits a job's status message, where several work with one database.

While a job is queued only the process with the gateway connection edits, from its claim on only the process
that holds its lease. Two that write by turns would make people read old words last.
"""

from enum import StrEnum

from cogs.messages.status_facts import StatusFact
from storage import ACTIVE, Job, State


class StatusWriter(StrEnum):
    """The part of this process: the only one, that with the gateway connection, or one with servers."""

    ALL = "all"
    GATEWAY = "gateway"
    WORKER = "worker"

    @property
    def is_one_of_several(self) -> bool:
        """Whether other processes may edit the same message before or after this one."""
        return self is not StatusWriter.ALL

    def may_edit(self, job: Job, fact: StatusFact | None) -> bool:
        """Whether the unfinished job's status is this process's to edit; `fact`: the newest one told here.

        Facts of a job that is on a server are told by whoever holds its lease, in the epoch of that lease.
        """
        match self:
            case StatusWriter.ALL:
                return True
            case StatusWriter.GATEWAY:
                return job.state is State.QUEUED
            case StatusWriter.WORKER:
                told = fact is not None and fact.state in ACTIVE and fact.epoch == job.epoch
                return told and job.state in ACTIVE
