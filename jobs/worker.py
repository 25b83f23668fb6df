"""The runner: joins queue, servers and Discord. Each server computes one job at a time.

No cog: discord.py swallows what a cog's tasks raise. `bot.py` runs it beside the client in one TaskGroup.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from typing import Unpack

import comfy
from cogs.i18n.catalogue import translate
from cogs.messages.delivery import Delivery
from cogs.ui.texts import expected_end, render_final_status, render_queued
from jobs.notifier import QueueNotifier
from jobs.routing import lacking, offer_of, servable
from jobs.run import Run, RunContext
from jobs.trouble import reason_of
from jobs.uploads import Uploads
from media import Media, MediaError
from storage import LEASE_SECONDS, Changes, Job, Lease, LeaseLost, State, StoreError

log = logging.getLogger(__name__)

LOOK_AGAIN = 5.0  # seconds, should the bell not ring
SOON = 0.05  # seconds
MOST_ATTEMPTS = 3


class Worker:
    """Claims jobs, has them computed, and sees each to its end."""

    def __init__(
        self,
        context: RunContext,
        servers: Sequence[comfy.Server],
        pictures: Media,
        delivery: Delivery,
        notifier: QueueNotifier,
    ) -> None:
        self._context = context
        self._media = pictures
        self._store = context.store
        self._status_editor = context.status_editor
        self._servers = servers
        self._delivery = delivery
        self._notifier = notifier
        self._held: dict[str, Lease] = {}
        self._told: dict[str, float] = {}  # when clips of waiting jobs were said to be ready

    async def run(self) -> None:
        """Work for ever; cancel it to stop. Running jobs are left to ComfyUI, the next start adopts them."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._renew_leases(), name="renewal of leases")
            tasks.create_task(self._announce_positions(), name="places in line")
            tasks.create_task(self._deliver_left_over(tasks), name="deliveries left over")
            for server in self._servers:
                uploads = Uploads(server, self._context.files, self._media)
                tasks.create_task(self._serve(server, uploads, tasks), name=f"jobs of {server.name}")
                tasks.create_task(self._upload_ahead(server, uploads), name=f"next picture of {server.name}")

    async def _serve(self, server: comfy.Server, uploads: Uploads, tasks: asyncio.TaskGroup) -> None:
        while True:
            await server.ready()
            lease = await self._next(server)
            if lease:
                await self._compute(Run(lease, server, uploads, self._context), tasks)
            else:
                await self._notifier.wait(LOOK_AGAIN)

    async def _next(self, server: comfy.Server) -> Lease | None:
        names = [each.name for each in self._servers]
        workflows = servable(self._context.workflows, server.runnable)
        others = [offer_of(each) for each in self._servers if each.reachable and each is not server]
        lacks = lacking(self._context.workflows, offer_of(server), others)
        try:
            adopted = await self._store.adopt(server.name, names)
            loaded = server.availability.loaded if len(self._servers) > 1 else None
            return adopted or await self._store.claim(server.name, workflows, loaded=loaded, lacks=lacks)
        except StoreError as err:
            log.error("no job can be claimed: %s", err)
            return None

    async def _upload_ahead(self, server: comfy.Server, uploads: Uploads) -> None:
        """Send the picture of who is next while the server computes; nothing is claimed before its turn."""
        while True:
            await self._notifier.wait(LOOK_AGAIN)
            try:
                for each in await self._store.waiting(limit=1) if server.reachable else ():
                    await uploads.send(each.job)
            except (comfy.ComfyError, MediaError, StoreError, OSError) as err:
                log.debug("the next picture is not sent ahead: %s", err)

    async def _compute(self, run: Run, tasks: asyncio.TaskGroup) -> None:
        self._notifier.notify()
        await self._attempt(run.lease, run.compute())
        if run.lease.job.state == State.DOWNLOADING:
            tasks.create_task(self._fetch_and_deliver(run), name=f"bringing {run.lease.job.id}")

    async def _fetch_and_deliver(self, run: Run) -> None:
        """Fetch and deliver, while the server computes the next job."""
        await self._attempt(run.lease, run.fetch())
        if run.lease.job.state == State.DELIVERING:
            await self._attempt(run.lease, self._delivery.deliver(run.lease))

    async def _deliver_left_over(self, tasks: asyncio.TaskGroup) -> None:
        """Deliver what was put off, and what a process that is gone had finished."""
        while True:
            wait = LOOK_AGAIN
            try:
                lease = await self._store.adopt_delivery()
                due = await self._store.next_delivery()
                wait = min(wait, max(due - time.time(), SOON)) if due else wait
            except StoreError as err:
                log.error("no delivery can be taken over: %s", err)
                lease = None
            if lease:
                walk = self._attempt(lease, self._delivery.deliver(lease))
                tasks.create_task(walk, name=f"delivery of {lease.job.id}")
            else:
                await self._notifier.wait(wait)

    async def _attempt(self, lease: Lease, walk: Coroutine[object, object, None]) -> None:
        """The job boundary: a job may fail, the loop may not."""
        self._held[lease.job.id] = lease
        self._told.pop(lease.job.id, None)
        try:
            try:
                await walk
            except Exception as err:  # noqa: BLE001 - the one place: whatever a job meets ends in its row
                await self._handle_failure(lease, err)
        except LeaseLost as err:
            log.warning("job %s: somebody else has it now: %s", lease.job.id, err)
        except StoreError as err:
            log.error("job %s: stays where it is until its lease ends: %s", lease.job.id, err)
        finally:
            self._held.pop(lease.job.id, None)
            self._notifier.notify()

    async def _handle_failure(self, lease: Lease, err: Exception) -> None:
        """Decide what an error means for the job: later, again, or the end. Raises LeaseLost, StoreError."""
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
                    await self._requeue(lease, "queued_no_server")
            case OSError() if job.state == State.DOWNLOADING:
                log.error("job %s: its clip cannot be written yet: %s", job.id, err)
            case comfy.JobLost() if job.attempts < MOST_ATTEMPTS:
                log.warning("job %s: %s", job.id, err)
                await self._requeue(lease, "sent_again")
            case _:
                log.error("job %s: failed: %s", job.id, err, exc_info=err)
                await self._end(lease, State.FAILED, reason=reason_of(err, job))

    async def _requeue(self, lease: Lease, key: str) -> None:
        job = (await self._store.move(lease, State.QUEUED)).job
        self._status_editor.show(job, translate(job.locale, key))

    async def _end(self, lease: Lease, state: State, **changes: Unpack[Changes]) -> None:
        self.announce_end((await self._store.move(lease, state, **changes)).job)

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            try:
                await self._store.renew(self._held.values())
            except StoreError as err:
                log.error("the leases cannot be renewed: %s", err)

    async def _announce_positions(self) -> None:
        """Keep the place in line true in each waiting job's message."""
        while True:
            await self._notifier.wait(LOOK_AGAIN)
            try:
                for each in await self._store.waiting():
                    self._status_editor.show(each.job, await self.waiting_text(each.job, each.ahead))
            except StoreError as err:
                log.error("the line cannot be read: %s", err)

    async def waiting_text(self, job: Job, ahead: int) -> str:
        """What the status says while the job waits. Raises StoreError."""
        if not any(server.reachable for server in self._servers):
            return translate(job.locale, "queued_no_server")
        return render_queued(job, ahead, self._steady_time(job, await self.expected_end(job)))

    async def expected_end(self, job: Job) -> float | None:
        """When its clip will be there, in Unix seconds, where that can be said. Raises StoreError."""
        reachable = [server for server in self._servers if server.reachable]
        if not reachable:
            return None
        others = min(server.availability.others for server in reachable)
        return expected_end(await self._store.forecast(job.id, servers=len(reachable)), others)

    def _steady_time(self, job: Job, expected: float | None) -> float | None:
        """The time told last, unless it moved by more than a person would mind: each change is an edit."""
        told = self._told.get(job.id)
        if expected and told and abs(expected - told) < max(60.0, 0.2 * (expected - time.time())):
            return told
        if expected:
            self._told[job.id] = expected
        return expected

    def announce_end(self, job: Job) -> None:
        """Say the last word about a job that is over."""
        self._status_editor.finish(job, render_final_status(job))

    async def announce_missed_ends(self) -> None:
        """Say the last words that an earlier process did not come to say. Raises StoreError."""
        for job in await self._store.unannounced_ends():
            self.announce_end(job)
