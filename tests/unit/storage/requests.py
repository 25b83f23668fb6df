"""Requests, jobs and a clock for the tests of the queue."""

import dataclasses
import itertools

from storage import (
    Admission,
    Blobs,
    Job,
    Lease,
    Maintenance,
    Params,
    Reason,
    Request,
    Retention,
    State,
    Store,
)

PARAMS = Params(
    workflow="wan",
    preset="fast",
    prompt="她笑了 '; DROP TABLE job; --",
    negative_prompt="blurry",
    seed=2**64 - 1,
    steps=20,
    cfg=6.0,
    shift=5.0,
    denoise=1.0,
    width=832,
    height=480,
    frames=81,
    fps=16,
)
SERVER = "server 1"
OTHER_SERVERS = itertools.count(100)
NODE_FAILED = Reason(code="node")


class Clock:
    """A time that moves only when a test sets it."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def make_request(key: str, user: int = 1, **changes: object) -> Request:
    """A request with this key."""
    request = Request(
        key=key, user_id=user, guild_id=7, channel_id=8, locale="en-US", params=PARAMS, picture="00"
    )
    return dataclasses.replace(request, **changes)  # type: ignore[arg-type]


def make_params(**changes: object) -> Params:
    """Parameters of another kind of job."""
    return dataclasses.replace(PARAMS, **changes)  # type: ignore[arg-type]


async def admit(store: Store, request: Request, *, limit: int | None = 99) -> Admission:
    """Admit a request and note the message that tells of its job."""
    admission = await store.admit(request, limit=limit)
    await store.set_status_message(admission.job.id, admission.job.seq)
    return admission


async def claim(store: Store, server: str = SERVER, loaded: str | None = None) -> Lease:
    """Claim a job that must be there, on another server where that one has a job."""
    lease = await store.claim(server, {"wan"}, loaded=loaded)
    if lease is None:
        lease = await store.claim(f"server {next(OTHER_SERVERS)}", {"wan"}, loaded=loaded)
    assert lease is not None
    return lease


async def finish(store: Store, lease: Lease, seconds: float) -> Lease:
    """Bring a claimed job to its end; it took so many GPU seconds."""
    lease = await store.move(lease, State.RUNNING)
    lease = await store.move(lease, State.DOWNLOADING, seconds=seconds)
    return await store.move(lease, State.DONE, result_message=lease.job.seq)


async def queued_keys(store: Store) -> list[str]:
    """The keys of the waiting jobs, in order."""
    return [each.job.key for each in await store.waiting()]


async def teach(store: Store, seconds: float, user: int = 10**6) -> None:
    """Let one job of PARAMS show that it takes so long, and leave nothing else behind."""
    await admit(store, make_request(f"teach {user}", user=user))
    await finish(store, await claim(store), seconds)


def make_maintenance(
    store: Store, files: Blobs, expired: list[Job] | None = None, **kept: float
) -> Maintenance:
    """Maintenance with this retention, which puts expired jobs into the list."""
    announced = [] if expired is None else expired
    return Maintenance(store, files, Retention(**kept), announced.append)  # type: ignore[arg-type]


async def delivering(store: Store, key: str = "a") -> Lease:
    """A job whose clip is on its way to Discord."""
    await admit(store, make_request(key))
    return await store.move(await store.move(await claim(store), State.DOWNLOADING), State.DELIVERING)
