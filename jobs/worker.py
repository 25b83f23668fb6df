"""The worker: claims jobs, runs them on the servers and delivers their clips.

Each server computes one job at a time. Not a cog, since discord.py swallows what a cog's tasks raise: it runs
beside the client in one TaskGroup.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine, Mapping, Sequence
from typing import Unpack

import comfy
from jobs.announcer import RequeueReason
from jobs.errors import JobFailure, reason_of
from jobs.fleet.directory import ServerDirectory
from jobs.fleet.held import while_held
from jobs.fleet.membership import Membership
from jobs.fleet.server_watch import ServerWatch
from jobs.history_cleanup import HistoryCleanup
from jobs.notifier import QueueNotifier
from jobs.observing.log_context import log_job
from jobs.pace import QueuePositions
from jobs.routing import can_run, lacking, offer_of, servable
from jobs.run import MAX_ATTEMPTS, Run, RunContext
from jobs.server import ComputeServer
from jobs.uploads import Uploads
from media import MediaError
from storage import LEASE_SECONDS, BlobsUnavailable, Changes, Job, Lease, LeaseLost, State, StoreError

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0  # should a notification be missed
MIN_POLL_SECONDS = 0.05
EXPECTED = (comfy.ComfyError, MediaError, JobFailure)  # their texts say it all: a traceback adds none
MAX_LOOKED_AHEAD = 24  # waiting jobs among which a server's next one is sought


class Worker:
    """Runs the jobs of the queue on the servers of this process, and delivers what is finished.

    `directory`: knows the servers of other processes, too.
    """

    def __init__(
        self,
        context: RunContext,
        servers: Sequence[ComputeServer],
        directory: ServerDirectory,
        positions: QueuePositions,
        notifier: QueueNotifier,
        membership: Membership,
    ) -> None:
        self._context = context
        self._store = context.store
        self._announcer = context.announcer
        self._servers = servers
        self._directory = directory
        self._positions = positions
        self._notifier = notifier
        self._membership = membership
        self._watch = ServerWatch(context.store, context.workflows, servers, directory, notifier)
        self._uploads = {server.name: Uploads(server, context.files, context.media) for server in servers}
        self._cleanups = {server.name: HistoryCleanup(context.store, server) for server in servers}
        self._held: dict[str, Lease] = {}

    @property
    def uploads(self) -> Mapping[str, Uploads]:
        """What each server was sent, by its name."""
        return self._uploads

    def look_again(self) -> None:
        """Ask the servers soon what they can run: a job waits that none of them can."""
        self._watch.look_again()

    async def run(self) -> None:
        """Work until cancelled. Running jobs are left to ComfyUI, the next start adopts them."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._renew_leases(), name="renewal of leases")
            tasks.create_task(self._watch.run(), name="what servers say")
            tasks.create_task(self._deliver_left_over(tasks), name="deliveries left over")
            for server in self._servers:
                uploads = self._uploads[server.name]
                tasks.create_task(self._serve(server, uploads, tasks), name=f"jobs of {server.name}")
                tasks.create_task(self._upload_ahead(server, uploads), name=f"next picture of {server.name}")
                tasks.create_task(self._cleanups[server.name].run(), name=f"history of {server.name}")

    async def _serve(self, server: ComputeServer, uploads: Uploads, tasks: asyncio.TaskGroup) -> None:
        """Run one job after the other on this server."""
        while True:
            await server.ready()
            await self._wait_for_blobs()
            lease = await self._next(server)
            if lease:
                await self._compute(Run(lease, server, uploads, self._context), tasks)
            else:
                await self._notifier.wait(POLL_SECONDS)

    async def _wait_for_blobs(self) -> None:
        """Claim nothing while no picture can be read."""
        if self._positions.blobs_away:
            await self._context.files.answering()
            self._positions.blobs_away = False
            self._notifier.notify()

    async def _next(self, server: ComputeServer) -> Lease | None:
        """Adopt a job that was left on this server, else claim the next one that it can run."""
        workflows = self._context.workflows
        try:
            others = [each for each in await self._directory.known() if each.name != server.name]
            lacks = lacking(
                workflows,
                offer_of(server),
                [each.offer for each in others if each.offer is not None and each.live],
                [each.offer for each in others if each.offer is not None and not each.live],
            )
            runnable = servable(workflows, server.runnable)
            lease = await self._store.adopt(
                server.name,
                [each.name for each in self._servers],
                workflows=runnable,
                lacks=lacks,
                may_be_dead=self._membership.sees_others,
            )
            if lease is None and self._positions.power.may_claim(server.name):
                loaded = server.availability.loaded if others else None
                lease = await self._store.claim(server.name, runnable, loaded=loaded, lacks=lacks)
            return lease
        except StoreError as err:
            log.error("no job can be claimed: %s", err)
            return None

    async def _upload_ahead(self, server: ComputeServer, uploads: Uploads) -> None:
        """Upload the next job's pictures while the server computes; nothing is claimed before its turn."""
        while True:
            await self._notifier.wait(POLL_SECONDS)
            try:
                if job := await self._certain_next(server):
                    with log_job(job.id):
                        await uploads.send(job)
            except (comfy.ComfyError, MediaError, StoreError, OSError) as err:
                log.debug("the next pictures are not sent ahead: %s", err)

    async def _certain_next(self, server: ComputeServer) -> Job | None:
        """The job that this server will run next, where no other one could: a picture sent stays there."""
        if server.unavailable_reason or await self._store.pause():
            return None
        waiting = [each.job for each in await self._store.waiting(limit=MAX_LOOKED_AHEAD)]
        workflows, own = self._context.workflows, offer_of(server)
        job = next((each for each in waiting if can_run(workflows, own, each.params)), None)
        if job is None:
            return None
        offers = [each.offer for each in await self._directory.known() if each.name != server.name]
        elsewhere = any(offer is not None and can_run(workflows, offer, job.params) for offer in offers)
        return None if elsewhere else job  # also one that is away may come back in time

    async def _compute(self, run: Run, tasks: asyncio.TaskGroup) -> None:
        """Run a job to the end of its computation; the rest goes on beside the server's next job."""
        self._notifier.notify()
        if await self._attempt(run.lease, run.compute()) and run.job.state == State.DOWNLOADING:
            tasks.create_task(self._fetch_and_deliver(run), name=f"fetching {run.lease.job.id}")

    async def _fetch_and_deliver(self, run: Run) -> None:
        if await self._attempt(run.lease, run.fetch()) and run.job.state == State.DELIVERING:
            if not run.is_forgotten:
                self._forget(run.job)
            await self._attempt(run.lease, self._announcer.deliver(run.lease))

    async def _deliver_left_over(self, tasks: asyncio.TaskGroup) -> None:
        """Deliver what was put off, and what an earlier process had finished."""
        while True:
            wait = POLL_SECONDS
            try:
                lease = await self._store.adopt_delivery()
                due = await self._store.next_delivery()
                wait = min(wait, max(due - time.time(), MIN_POLL_SECONDS)) if due else wait
            except StoreError as err:
                log.error("no delivery can be taken over: %s", err)
                lease = None
            if lease:
                delivery = self._attempt(lease, self._announcer.deliver(lease))
                tasks.create_task(delivery, name=f"delivery of {lease.job.id}")
            else:
                await self._notifier.wait(wait)

    async def _attempt(self, lease: Lease, step: Coroutine[object, object, None]) -> bool:
        """Await one step of a job; whether it came to its end. The error boundary: the loop goes on.

        It is cancelled when the lease is over, as where the database did not renew it: somebody else may
        have the job then.
        """
        self._held[lease.job.id] = lease
        self._positions.forget(lease.job.id)
        try:
            with log_job(lease.job.id):
                try:
                    await while_held(lease, step)
                    return True
                except Exception as err:  # noqa: BLE001 - the one place: whatever a job meets ends in its row
                    await self._handle_failure(lease, err)
        except LeaseLost as err:
            log.warning("job %s: is left to others: %s", lease.job.id, err)
        except StoreError as err:
            log.error("job %s: stays where it is until its lease ends: %s", lease.job.id, err)
        finally:
            self._held.pop(lease.job.id, None)
            self._notifier.notify()
        return False

    async def _handle_failure(self, lease: Lease, err: Exception) -> None:
        """Decide what an error means for the job: later, again, or its end. Raises LeaseLost, StoreError."""
        if isinstance(err, StoreError):
            raise err
        lease = await self._store.current(lease)
        job = lease.job
        match err:
            case _ if job.cancel_requested:
                await self._end(lease, State.CANCELLED)
            case comfy.ServerUnreachable() | comfy.TokenRefused():
                log.warning("job %s: %s", job.id, err)
                if job.state != State.DOWNLOADING:  # there the clip waits for us: adopted when the lease ends
                    refused = isinstance(err, comfy.TokenRefused)
                    reason = RequeueReason.TOKEN_REFUSED if refused else RequeueReason.SERVER_UNREACHABLE
                    await self._requeue(lease, reason)
            case BlobsUnavailable() if job.state == State.CLAIMED:
                log.error("job %s: waits: %s", job.id, err)
                self._positions.blobs_away = True
                await self._requeue(lease, RequeueReason.BLOBS_AWAY)
            case BlobsUnavailable() if job.state in (State.SUBMITTING, State.RUNNING):
                log.error("job %s: stays on its server until its lease ends: %s", job.id, err)
                self._positions.blobs_away = True
            case OSError() if job.state == State.DOWNLOADING:
                log.error("job %s: its clip cannot be written yet: %s", job.id, err)
            case comfy.JobLost() if job.attempts < MAX_ATTEMPTS:
                log.warning("job %s: %s", job.id, err)
                await self._requeue(lease, RequeueReason.JOB_LOST)
            case _:
                log.error(
                    "job %s: failed: %s", job.id, err, exc_info=None if isinstance(err, EXPECTED) else err
                )
                await self._end(lease, State.FAILED, reason=reason_of(err, job))

    async def _requeue(self, lease: Lease, reason: RequeueReason) -> None:
        job = (await self._store.move(lease, State.QUEUED)).job
        if job.state == State.QUEUED:
            self._announcer.requeued(job, reason)
        else:  # somebody cancelled it since the worker looked
            self._announcer.ended(job)
            self._forget(job)

    async def _end(self, lease: Lease, state: State, **changes: Unpack[Changes]) -> None:
        job = (await self._store.move(lease, state, **changes)).job
        self._announcer.ended(job)
        self._forget(job)

    def _forget(self, job: Job) -> None:
        """Have the server that last had the job forget it; others are swept."""
        if cleanup := self._cleanups.get(job.server or ""):
            cleanup.forget(job.id)

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            try:
                await self._store.renew(self._held.values())
            except StoreError as err:
                log.error("the leases cannot be renewed: %s", err)
