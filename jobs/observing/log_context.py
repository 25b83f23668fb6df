"""Which job the current task works for, so that every line it logs can name it."""

import contextlib
from collections.abc import Generator
from contextvars import ContextVar

_JOB = ContextVar[str | None]("_JOB", default=None)


@contextlib.contextmanager
def log_job(job_id: str) -> Generator[None]:
    """Let what this block logs, and the tasks that it starts, carry this job's id."""
    token = _JOB.set(job_id)
    try:
        yield
    finally:
        _JOB.reset(token)


def logged_job() -> str | None:
    """The id of the job of the innermost `log_job`, None outside of any."""
    return _JOB.get()
