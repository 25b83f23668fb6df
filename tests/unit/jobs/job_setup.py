"""What the tests of a job's life work on: a real store whose clock and database a test can disturb."""

import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jobs.fleet.directory import OwnServers
from jobs.pace import QueuePositions
from jobs.run import PreviewPolicy, Run, RunContext
from jobs.uploads import Uploads
from storage import (
    ADOPTION_GRACE,
    LEASE_SECONDS,
    Blobs,
    Job,
    Lease,
    Request,
    State,
    Store,
    StoreUnavailable,
)
from storage.database import Row, Values
from storage.sqlite.database import SqliteDatabase, open_database
from tests.blob_files import clip_path, local_blobs
from tests.unit.jobs.observable import Observable
from tests.unit.jobs.sample_jobs import PARAMS
from tests.unit.jobs.scripted_announcer import ScriptedAnnouncer
from tests.unit.jobs.scripted_media import ScriptedMedia
from tests.unit.jobs.scripted_server import CLIP_BYTES, WORKFLOWS, ScriptedServer

PICTURE = b"a picture"
LEASE_ENDS = LEASE_SECONDS + ADOPTION_GRACE + 1  # seconds
ON_THE_WAY = (State.CLAIMED, State.SUBMITTING, State.RUNNING, State.DOWNLOADING, State.DELIVERING)


class MovableClock:
    """The time of day, which a test can put forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self._ahead

    def pass_seconds(self, seconds: float) -> None:
        """Let so much time have passed."""
        self._ahead += seconds


class BreakableDatabase(Observable, SqliteDatabase):
    """A database that answers nothing while `broken`; `refused` counts what it did not answer."""

    def __init__(self, opened: SqliteDatabase) -> None:
        Observable.__init__(self)
        SqliteDatabase.__init__(self, opened._connection, opened.path)
        self.broken = False
        self.refused = 0

    async def refuses(self, times: int = 1) -> None:
        """Wait until it has left so many statements unanswered."""
        await self.until(lambda: self.refused >= times)

    async def fetch(self, sql: str, values: Values) -> Sequence[Row]:
        if self.broken:
            self.refused += 1
            self.changed()
            raise StoreUnavailable("the disk is gone")
        return await super().fetch(sql, values)


@dataclass
class JobSetup:
    """A store with its files, and an announcer and media that are scripted."""

    database: BreakableDatabase
    clock: MovableClock
    store: Store
    files: Blobs
    media: ScriptedMedia
    announcer: ScriptedAnnouncer

    async def admit(self, key: str = "a", **changes: object) -> Job:
        """A job in the queue whose status message is known and whose picture is kept."""
        request = Request(
            key=key,
            user_id=42,
            guild_id=7,
            channel_id=8,
            locale="en-US",
            params=PARAMS,
            picture=await self.files.save_picture(PICTURE),
        )
        job = (await self.store.admit(replace(request, **changes), limit=99)).job  # type: ignore[arg-type]
        await self.store.set_status_message(job.id, 500 + job.seq)
        return await self.store.job(job.id)

    async def lease(
        self, state: State = State.CLAIMED, *, server: str = "gpu:8188", **changes: object
    ) -> Lease:
        """A job that this process claimed and brought to this state."""
        await self.admit(**changes)  # type: ignore[arg-type]
        lease = await self.store.claim(server, WORKFLOWS)
        assert lease
        for each in ON_THE_WAY[1 : ON_THE_WAY.index(state) + 1]:
            attempts = lease.job.attempts + (each is State.SUBMITTING)
            lease = await self.store.move(lease, each, attempts=attempts)
        return lease

    async def left_over(self, state: State, *, server: str = "gpu:8188", **changes: object) -> Lease:
        """A job that an earlier process left in this state, adopted by this one."""
        await self.lease(state, server=server, **changes)
        await self.store.release_all()
        lease = await self.store.adopt(server, [server])
        assert lease
        return lease

    async def delivery(self, **changes: object) -> Lease:
        """A job whose clip is here and waits to be delivered."""
        lease = await self.lease(State.DOWNLOADING, **changes)
        name = f"{lease.job.id}.mp4"
        clip_path(self.files, name).write_bytes(CLIP_BYTES)
        return await self.store.move(lease, State.DELIVERING, clip=name)

    def context(self, **changes: object) -> RunContext:
        """What runs need, some of it changed."""
        context = RunContext(
            store=self.store,
            files=self.files,
            media=self.media,
            announcer=self.announcer,
            workflows=WORKFLOWS,
            previews=PreviewPolicy(),
            max_run_seconds=60,
            upload_limit=upload_limit(10**6),
        )
        return replace(context, **changes)  # type: ignore[arg-type]

    def run(self, lease: Lease, server: ScriptedServer, **changes: object) -> Run:
        """A run of this job there."""
        return Run(lease, server, Uploads(server, self.files, self.media), self.context(**changes))

    def directory(self, *servers: ScriptedServer) -> OwnServers:
        """What is known of these servers."""
        return OwnServers(self.store, WORKFLOWS, servers)

    def positions(self, *servers: ScriptedServer) -> QueuePositions:
        """Positions in the queue of these servers."""
        return QueuePositions(self.store, WORKFLOWS, self.directory(*servers))


def upload_limit(size: int) -> Callable[[int], Awaitable[int]]:
    """The same limit in bytes for every guild."""

    async def limit(_: int) -> int:
        return size

    return limit


@contextlib.asynccontextmanager
async def open_job_setup(folder: Path) -> AsyncGenerator[JobSetup]:
    """All of it in this folder."""
    async with open_database(folder / "animate.db") as opened:
        database = BreakableDatabase(opened)
        await database.fetch("PRAGMA synchronous = OFF", {})
        clock = MovableClock()
        store = Store(database, clock)
        yield JobSetup(
            database, clock, store, local_blobs(folder, database), ScriptedMedia(), ScriptedAnnouncer(store)
        )
