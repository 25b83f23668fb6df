"""The queue: admit, claim, move. How each is done is the database's (storage/database.py, QueueOperation)."""

import asyncio
import json
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TypedDict, Unpack

from storage.database import Database, QueueOperation, SqlValue
from storage.errors import AdmissionRefused, LeaseLost
from storage.fleet import ALIVE_SECONDS, Fleet
from storage.forgetting import Forgetting
from storage.job import (
    ACTIVE,
    FINISHED,
    MAX_HEAD_START,
    USUAL_STEPS,
    Admission,
    Job,
    Lease,
    Params,
    Reason,
    Request,
    State,
)
from storage.lease_term import ADOPTION_GRACE, LEASE_SECONDS, LeaseTerm
from storage.limits import QueueLimits
from storage.memberships import Memberships
from storage.operations import Operations
from storage.planning.affinity import MAX_CANDIDATES, Candidate, choose
from storage.preferences import Preferences
from storage.servers import ServerRecords
from storage.sql.statements import FIND_BROKEN_RULE
from storage.wakes import Wakes

FOREVER = 1e12  # seconds
STATUS_GRACE = 30.0  # seconds for the status message to be recorded, so that the result can reply to it
EXPIRED_PER_BATCH = 100
LOCKED_SECONDS = 0.05  # until the jobs that other claims look at are looked at again


class Changes(TypedDict, total=False):
    """Columns written together with a move.

    `charged`: GPU seconds that count against the person; by default those the clip took, 0 for a failure, and
    those used so far for a cancelled run.
    """

    attempts: int
    clip: str
    seconds: float
    charged: float
    result_message: int
    result_channel: int
    reason: Reason
    mover: str


class Store(Forgetting, Preferences, ServerRecords, Fleet, Memberships, Wakes, Operations):
    """The queue of one bot. Times are Unix seconds.

    `now`: a clock in place of the database's own, for everybody who uses that database.

    `repeated_erasures`: how many deletions were carried out again when it was opened.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], float] | None = None,
        limits: QueueLimits | None = None,
    ) -> None:
        super().__init__(database, now)
        self._configured = limits or QueueLimits()
        self.limits = self._configured
        self._numbers = self.limits.parameters()
        self.repeated_erasures = 0

    async def read_limits(self) -> None:
        """Apply the limits that were set beside the settings, until it is called again."""
        names, overrides = self._configured.values().keys(), await self.limit_overrides()
        known = {name: value for name, value in overrides.items() if name in names}
        self.limits = replace(self._configured, **known)  # pyright: ignore[reportArgumentType]
        self._numbers = self.limits.parameters()

    async def settle(self, job_id: str, params: Params) -> Job | None:
        """Give a queued job the parameters that were left open, and their cost; None where none is now."""
        return _first(await self._run(QueueOperation.SETTLE, **_measures(params), id=job_id))

    async def admit(self, request: Request, *, limit: int | None = None) -> Admission:
        """Admit a job to the queue; a known key returns its existing job. Raises AdmissionRefused.

        `limit` replaces `QueueLimits.queued_per_person`.
        """
        if self.limits.blocked_word(request.params.prompt):
            raise AdmissionRefused("blocked_words")
        values = self._new_row(request) | self._numbers
        if limit is not None:
            values["queued_per_person"] = limit
        rows = await self.database.run(QueueOperation.ADMIT, values)
        if rows:
            return Admission(job=Job.from_row(rows[0]), created=True)
        known = await self._one("key = :key", key=request.key)
        if known is None:
            raise await self._refusal(values)
        return Admission(job=known, created=False)

    async def check_admission(
        self,
        key: str,
        user_id: int,
        guild_id: int,
        prompt: str,
        *,
        parent: str | None = None,
        draft: int | None = None,
    ) -> Job | None:
        """The job of a known key; None where `admit` would take such a request at this moment.

        `parent`, `draft`: what the job is to be made of. Raises AdmissionRefused.
        """
        known = await self._one("key = :key", key=key)
        if known is not None:
            return known
        if self.limits.blocked_word(prompt):
            raise AdmissionRefused("blocked_words")
        person: dict[str, SqlValue] = {"user_id": user_id, "guild_id": guild_id}
        material: dict[str, SqlValue] = {"parent": parent, "draft": draft}
        values = person | material | self._numbers
        if await self.database.fetch_one(FIND_BROKEN_RULE, values):
            raise await self._refusal(values)
        return None

    async def _refusal(self, values: dict[str, SqlValue]) -> AdmissionRefused:
        """The first broken rule; `just_lifted` where none is broken any more, so that a retry succeeds."""
        row = await self.database.fetch_one(FIND_BROKEN_RULE, values)
        if row is None:
            return AdmissionRefused("just_lifted", lifts_at=self.now())
        number = row["number"]
        whole = int(number) if number is not None and number == int(number) else number
        return AdmissionRefused(row["rule"], whole, row["lifts_at"], row["reason"] or "")

    def _new_row(self, request: Request) -> dict[str, SqlValue]:
        """The parameters of ADMIT, but for the limits."""
        params = request.params
        return {
            "id": str(uuid.uuid4()),
            "key": request.key,
            "user_id": request.user_id,
            "guild_id": request.guild_id,
            "channel_id": request.channel_id,
            "locale": request.locale,
            **_measures(params),
            "picture": request.picture,
            "last_picture": request.last_picture,
            "parent": request.parent,
            "draft": request.draft,
            "weight": request.weight,
            "head_start": min(request.head_start, MAX_HEAD_START),
            "mover": f"person {request.user_id}",
        }

    async def claim(
        self,
        server: str,
        workflows: Collection[str],
        *,
        loaded: str | None = None,
        lacks: Collection[str] = (),
    ) -> Lease | None:
        """Claim the next queued job that the server can run; None where it has one, or where none is due.

        It can run jobs of its `workflows`, except those with an option that it `lacks` (written
        `WORKFLOW/CHOICE/OPTION`, a LoRA `WORKFLOW/@lora/NAME`). Among the jobs due next, one of the
        workflow that it has `loaded` is preferred (see affinity.py). A job without a status message waits
        STATUS_GRACE first.
        """
        values: dict[str, SqlValue] = {
            "server": server,
            "workflows": sorted(workflows),
            "lacks": sorted(lacks),
            "grace": STATUS_GRACE,
            "running_per_guild": self.limits.running_per_guild,
        }
        term = LeaseTerm()
        if loaded is None:
            job = await self._acquire(QueueOperation.CLAIM_NEXT, **values)
        else:
            job = await self._claim_chosen(loaded, values)
        return Lease(job=job, adopted=False, term=term) if job else None

    async def _claim_chosen(self, loaded: str, values: dict[str, SqlValue]) -> Job | None:
        """Read the candidates, choose, claim; read again where another claim took the chosen one first."""
        taken = set[int]()
        while True:
            rows = await self._candidates(values)
            chosen = choose([each for each in rows if each.seq not in taken], loaded)
            if chosen is None and not (taken and rows):
                return None
            if chosen is None:  # others hold all of them, and may yet let go of one
                await asyncio.sleep(LOCKED_SECONDS)
                taken.clear()
                continue
            job = await self._acquire(QueueOperation.CLAIM_CHOSEN, **values, chosen=chosen.seq)
            if job:
                return job
            taken.add(chosen.seq)

    async def _candidates(self, values: dict[str, SqlValue]) -> Sequence[Candidate]:
        rows = await self.database.run(
            QueueOperation.CLAIM_CANDIDATES, values | {"limit": MAX_CANDIDATES, "holder": self.holder}
        )
        return [Candidate(**dict(row)) for row in rows]

    async def adopt(
        self,
        server: str,
        servers: Collection[str],
        *,
        workflows: Collection[str] | None = None,
        lacks: Collection[str] = (),
        may_be_dead: bool = True,
    ) -> Lease | None:
        """Take over a job whose lease expired: one of this server, or one that nobody will go on with.

        Those are of servers that are not in `servers` (all that this process drives) and that no living
        process drives. Such a job runs again here, if the server is free and can run it (see `claim`;
        `workflows` None: any). `may_be_dead`: False where every process that has a row counts as living,
        since nobody could see heartbeats for a while.
        """
        term = LeaseTerm()
        values: dict[str, SqlValue] = {
            "server": server,
            "servers": sorted(servers),
            "anywhere": int(workflows is None),
            "workflows": sorted(workflows or ()),
            "lacks": sorted(lacks),
            "alive": ALIVE_SECONDS if may_be_dead else FOREVER,
        }
        job = await self._acquire(QueueOperation.ADOPT, **values)
        return Lease(job=job, adopted=True, term=term) if job else None

    async def adopt_delivery(self) -> Lease | None:
        """Take over a job in state `delivering` whose lease expired ADOPTION_GRACE ago, or was released.

        By then no request of an earlier holder is on its way: none may outlive its lease.
        """
        term = LeaseTerm()
        job = await self._acquire(QueueOperation.ADOPT_DELIVERY, grace=ADOPTION_GRACE)
        return Lease(job=job, adopted=True, term=term) if job else None

    async def _acquire(self, operation: QueueOperation, **values: SqlValue) -> Job | None:
        """Run an operation that may grant a lease of LEASE_SECONDS; returns its job."""
        rows = await self.database.run(operation, values | {"lease": LEASE_SECONDS, "holder": self.holder})
        return Job.from_row(rows[0]) if rows else None

    async def current(self, lease: Lease) -> Lease:
        """The lease with its row read again. Raises LeaseLost."""
        job = await self._one(
            "id = :id AND epoch = :epoch AND lease_until IS NOT NULL", id=lease.job.id, epoch=lease.job.epoch
        )
        if job is None:
            raise LeaseLost(f"job {lease.job.id} has left epoch {lease.job.epoch}")
        return replace(lease, job=job)

    async def renew(self, leases: Collection[Lease]) -> None:
        """Extend these leases to LEASE_SECONDS from now; a lost one stays lost: its next move raises."""
        held = {lease.job.id: lease for lease in leases}
        since = {lease.job.id: lease.term.now() for lease in leases}
        epochs = json.dumps({job_id: lease.job.epoch for job_id, lease in held.items()})
        values = {"held": epochs, "lease": LEASE_SECONDS}
        for row in await self.database.run(QueueOperation.RENEW, values):
            held[row["id"]].term.renew(since[row["id"]])

    async def move(self, lease: Lease, state: State, **changes: Unpack[Changes]) -> Lease:
        """Move the job to another state, if its epoch and state are still the lease's. Raises LeaseLost.

        Back to `queued` it keeps its tag, and becomes `cancelled` where that was requested meanwhile.
        """
        reason = changes.get("reason")
        since = lease.term.now()
        job = await self._acquire(
            QueueOperation.MOVE,
            id=lease.job.id,
            epoch=lease.job.epoch,
            was=lease.job.state,
            state=state,
            active=state in ACTIVE,
            finished=state in FINISHED,
            attempts=changes.get("attempts"),
            clip=changes.get("clip"),
            seconds=changes.get("seconds"),
            charged=changes.get("charged"),
            result_message=changes.get("result_message"),
            result_channel=changes.get("result_channel"),
            reason=reason.to_json() if reason else None,
            mover=changes.get("mover"),
        )
        if job is None:
            raise LeaseLost(f"job {lease.job.id} is no longer {lease.job.state} at epoch {lease.job.epoch}")
        self.ends.count([job], was=lease.job.state)
        lease.term.renew(since)
        return replace(lease, job=job)

    async def postpone(self, lease: Lease, seconds: float) -> Job:
        """Release a delivery, to be adopted again after `seconds` or at a restart. Raises LeaseLost."""
        values: dict[str, SqlValue] = {"id": lease.job.id, "epoch": lease.job.epoch}
        delay = seconds - ADOPTION_GRACE  # nobody holds it any more: no need to wait for that
        job = await self._acquire(QueueOperation.POSTPONE, **values, delay=delay)
        if job is None:
            raise LeaseLost(f"job {lease.job.id} is no longer delivered at epoch {lease.job.epoch}")
        self.ends.put_off += 1
        return job

    async def cancel(self, job_id: str, *, mover: str, reason: Reason) -> Job | None:
        """Cancel a queued job; set `cancel_requested` of one on a server. None where the job is finished."""
        return _first(await self._run(QueueOperation.CANCEL, id=job_id, mover=mover, reason=reason.to_json()))

    async def cancel_guild(self, guild_id: int, *, mover: str, reason: Reason) -> Sequence[Job]:
        """Cancel the guild's unfinished jobs as `cancel` does; returns them."""
        return await self._run(
            QueueOperation.CANCEL_GUILD, guild=guild_id, mover=mover, reason=reason.to_json()
        )

    async def expire(self) -> Sequence[Job]:
        """Fail the jobs that waited longer than `QueueLimits.longest_wait`, and return a batch of them."""
        wait = self.limits.longest_wait
        if wait is None:
            return []
        reason = Reason(code="expired", values={"hours": round(wait / 3600, 1)})
        return await self._run(
            QueueOperation.EXPIRE, longest_wait=wait, limit=EXPIRED_PER_BATCH, reason=reason.to_json()
        )

    async def release_all(self) -> None:
        """Expire every lease: at start, when no holder can be alive."""
        await self.database.fetch("UPDATE job SET lease_until = 0 WHERE lease_until IS NOT NULL", {})

    async def set_status_message(self, job_id: str, message: int) -> None:
        """Record the job's status message."""
        await self.database.fetch(
            "UPDATE job SET status_message = :message WHERE id = :id", {"message": message, "id": job_id}
        )

    async def set_end_announced(self, job_id: str, *, shown: bool = True) -> None:
        """Record that the job's end was announced. `shown`: False where its status has old words yet."""
        await self.database.fetch(
            "UPDATE job SET told = 1, end_unshown = :unshown WHERE id = :id",
            {"unshown": int(not shown), "id": job_id},
        )

    async def cancel_blocked(self, people: Collection[int] = ()) -> Sequence[Job]:
        """Cancel the waiting jobs of these people and of all whom `block` refuses; returns them."""
        reason = Reason(code="blocked").to_json()
        return await self._run(
            QueueOperation.CANCEL_BLOCKED, people=sorted(people), mover="rules", reason=reason
        )

    async def block(
        self, user_id: int, *, guild_id: int = 0, until: float | None = None, reason: str = ""
    ) -> Sequence[Job]:
        """Refuse the person's requests in that guild, or everywhere (0), `until` a Unix time or for good.

        Their waiting jobs there are cancelled: returned, to announce their ends. They read the `reason`.
        """
        await self.database.fetch(
            """INSERT INTO blocked (user_id, guild_id, until, reason) VALUES (:user, :guild, :until, :reason)
            ON CONFLICT (user_id, guild_id) DO UPDATE SET until = excluded.until, reason = excluded.reason""",
            {"user": user_id, "guild": guild_id, "until": until, "reason": reason},
        )
        return await self.cancel_blocked()

    async def unblock(self, user_id: int, *, guild_id: int = 0) -> None:
        """Undo `block`."""
        await self.database.fetch(
            "DELETE FROM blocked WHERE user_id = :user AND guild_id = :guild",
            {"user": user_id, "guild": guild_id},
        )


def _first(jobs: Sequence[Job]) -> Job | None:
    return jobs[0] if jobs else None


def _measures(params: Params) -> dict[str, SqlValue]:
    """The parameters as columns: all as JSON, and those that decide about the cost."""
    return {
        "workflow": params.workflow,
        "volume": params.volume,
        "steps": params.steps or params.ticks or USUAL_STEPS,
        "params": params.to_json(),
    }
