"""One job on one server: from its lease to the clip on our disk.

Each step writes the row before its effect and can be repeated after a crash: where a job goes on is decided
by its row, never by what this process remembers.
"""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Unpack

import comfy
from jobs.announcer import Announcer, JobStage
from jobs.awake_time import awake_seconds, timeout_while_awake
from jobs.clips import clip_name, smaller_name
from jobs.errors import JobFailure
from jobs.graphs import build_values
from jobs.observing.gpu_time import GpuTime
from jobs.pace import RunClock, SamplingRate, expected_end
from jobs.routing import pick_workflow
from jobs.server import ComputeServer
from jobs.uploads import Uploads
from media import Media
from storage import Blobs, Changes, Job, Lease, LeaseLost, State, Store, StoreError

log = logging.getLogger(__name__)

CANCEL_POLL_SECONDS = 1.0  # between two looks at the row while the server computes
MAX_ATTEMPTS = 3  # of a job that is lost, or that its server answers 5xx
RESUBMIT_SECONDS = 2.0  # before a job that was answered 5xx is submitted again; more each time
MAX_CLIP_BYTES = 200 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPolicy:
    """Where the clip is shown as it forms, and every how many seconds: each preview is an edit."""

    enabled: bool = True
    disabled_guilds: AbstractSet[int] = frozenset()
    interval: float = 4.0

    def shown_in(self, guild_id: int) -> bool:
        """Whether members of this guild see previews."""
        return self.enabled and guild_id not in self.disabled_guilds


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What runs need besides their server."""

    store: Store
    files: Blobs
    media: Media
    announcer: Announcer
    workflows: Mapping[str, comfy.Workflow]
    previews: PreviewPolicy
    max_run_seconds: float
    upload_limit: Callable[[int], Awaitable[int]]  # bytes that a guild takes
    gpu_time: GpuTime = field(default_factory=GpuTime)


class Run:
    """One job on one server; `lease` is always the newest.

    `is_forgotten`: whether the server's history could be rid of the job once its clip was here.
    """

    def __init__(self, lease: Lease, server: ComputeServer, uploads: Uploads, context: RunContext) -> None:
        self.lease = lease
        self.server = server
        self._uploads = uploads
        self._context = context
        self._may_be_there = lease.adopted or lease.job.attempts > 0
        self._uncounted = 1  # submission of a job that an earlier process left while it submitted it
        self._rate = SamplingRate()
        self._clock = RunClock()
        self._next_preview = 0.0
        self._clip: comfy.OutputFile | None = None
        self._smaller: comfy.OutputFile | None = None
        self.is_forgotten = True

    @property
    def job(self) -> Job:
        """The row as it stood at the last move."""
        return self.lease.job

    async def compute(self) -> None:
        """Take the job from its claim to the end of its computation.

        Raises ComfyError, MediaError, JobFailure, LeaseLost, StoreError.
        """
        await self._check_cancelled()
        if self.job.state not in (State.CLAIMED, State.SUBMITTING, State.RUNNING):
            return
        graph = await self._prepare()
        limit = self._context.max_run_seconds
        try:
            async with timeout_while_awake(limit), self.server.follow(self.job.id, graph) as events:
                await self._submit(graph)
                gpu_time = self._context.gpu_time
                with gpu_time.counted(self.server.name):
                    async with self._cancellable():
                        self._clip, measured = await self._watch(events)
        except TimeoutError as err:
            await self.server.cancel(self.job.id)
            raise JobFailure("too_long", minutes=round(limit / 60, 1)) from err
        await self._resave(graph, self._clip)  # the row still says that the server is taken
        await self._move(State.DOWNLOADING, **measured)

    async def fetch(self) -> None:
        """Download the clip and delete the job from the server's history.

        Raises ComfyError, JobFailure, OSError, LeaseLost, StoreError.
        """
        await self._check_cancelled()
        if self.job.state == State.DOWNLOADING:
            self._stage(JobStage.DOWNLOADING)
            if self.lease.adopted:
                await comfy.cancel_resave(self.server, rerun_id(self.job))
            name = await self._kept_clip() or await self._download_resaved() or await self._download_clip()
            await self._overwrite_outputs()
            self.is_forgotten = await self.server.forget(self.job.id)
            await self._move(State.DELIVERING, clip=name)

    async def _prepare(self) -> comfy.Graph:
        """Upload the pictures, cut to size, and fill the graph. Repeating it is harmless."""
        if self.job.state == State.CLAIMED:
            self._stage(JobStage.PREPARING)
        pictures = await self._uploads.send(self.job)
        workflow = pick_workflow(self._context.workflows, self.server.runnable, self.job.params)
        params = self.job.params
        return self.server.build(
            workflow,
            build_values(self.job),
            pictures.image,
            params.choices,
            preset=params.preset,
            last_image=pictures.last_image,
            loras=params.loras,
        )

    async def _submit(self, graph: comfy.Graph) -> None:
        """POST the graph, unless it is there already: the same id twice would run twice."""
        if self.job.state == State.CLAIMED:
            await self._move(State.SUBMITTING, attempts=self.job.attempts + 1)
            self._uncounted = 0
        if self.job.state == State.SUBMITTING:
            await self._post_until_taken(graph)
            await self._move(State.RUNNING)

    async def _post_until_taken(self, graph: comfy.Graph) -> None:
        """POST it again where it is answered 5xx; each time is counted first. Raises SubmissionFailed."""
        while True:
            try:
                return await self._post(graph)
            except comfy.SubmissionFailed as err:
                attempts = self.job.attempts + self._uncounted
                if attempts >= MAX_ATTEMPTS:
                    raise
                log.warning("job %s: %s", self.job.id, err)
            await asyncio.sleep(RESUBMIT_SECONDS * attempts)
            await self._check_cancelled()
            self._may_be_there, self._uncounted = True, 0
            await self._move(State.SUBMITTING, attempts=attempts + 1)

    async def _post(self, graph: comfy.Graph) -> None:
        post = self.server.resume if self._may_be_there else self.server.submit
        self._clock.submitted = None if self._may_be_there else awake_seconds()
        try:
            await post(self.job.id, graph, tries=1)
        except comfy.GraphRejected as err:
            if err.class_type != "LoadImage":
                raise
            self._uploads.forget(self.job)  # the server was started anew since they were sent
            raise comfy.JobLost from err

    async def _watch(self, events: AsyncIterator[comfy.Event]) -> tuple[comfy.OutputFile, Changes]:
        """Announce each event of the job; returns its clip and its time.

        Raises JobLost, NodeFailed, JobFailure.
        """
        async for event in events:
            self._context.gpu_time.feed(self.server.name, event)
            match event:
                case comfy.Done():
                    return _clip_among(event.files), self._measured(event.seconds)
                case comfy.Failed(error=error):
                    raise error
                case comfy.Interrupted():
                    raise JobFailure("stopped")
                case comfy.Preview():
                    self._show_preview(event)
                case comfy.Started():
                    self._clock.started = awake_seconds()
                    self._announce(event, await self._expected_finish())
                case _:
                    self._announce(event)
        raise comfy.JobLost

    def _measured(self, told: float | None) -> Changes:
        """What the row keeps of the GPU seconds that the server told; without any, it keeps the expected."""
        waited = self._context.store.now() - (self.job.started_at or 0.0)
        longest = min(waited, self._context.max_run_seconds)
        seconds = self._clock.gpu_seconds(told, awake_seconds(), longest=longest)
        if seconds != told:
            log.warning(
                "job %s: %s seconds on %s are not so: %s", self.job.id, told, self.server.name, seconds
            )
        return {} if seconds is None else {"seconds": seconds}

    async def _resave(self, graph: comfy.Graph, clip: comfy.OutputFile) -> None:
        """Have a clip that is too large for the guild saved again, before another job empties the cache."""
        if self.lease.adopted:
            await comfy.cancel_resave(self.server, rerun_id(self.job))
        limit = await self._context.upload_limit(self.job.guild_id)
        self._smaller = await comfy.resave_smaller(self.server, rerun_id(self.job), graph, clip, limit=limit)

    async def _kept_clip(self) -> str | None:
        """The file that was downloaded before a crash: it is there whole or not at all."""
        for name in (smaller_name(self.job), clip_name(self.job)):
            if await self._context.files.has_clip(name):
                return name
        return None

    async def _download_resaved(self) -> str | None:
        """Download the file that was saved again; None where there is none or it cannot be had."""
        if self._smaller is None:
            return None
        try:
            return await self._download(self._smaller, smaller_name(self.job))
        except (comfy.JobLost, comfy.BadAnswer, comfy.TooLarge) as err:
            log.warning("job %s: its smaller file is of no use: %s", self.job.id, err)
            return None

    async def _download_clip(self) -> str:
        self._clip = self._clip or _clip_among(await self._files_of_outcome())
        return await self._download(self._clip, clip_name(self.job))

    async def _overwrite_outputs(self) -> None:
        """Leave nothing of the clip in the server's temp folder."""
        for file in (self._clip, self._smaller):
            if file and file.type == "temp":
                await self.server.overwrite(file)

    async def _download(self, file: comfy.OutputFile, name: str) -> str:
        scratch = self._context.files.scratch_path(name)
        await self.server.download(file, scratch, limit=MAX_CLIP_BYTES)
        await self._context.files.keep_clip(scratch)
        return name

    def _show_preview(self, preview: comfy.Preview) -> None:
        previews, now = self._context.previews, time.monotonic()
        if previews.shown_in(self.job.guild_id) and now >= self._next_preview:
            self._next_preview = now + previews.interval
            self._context.announcer.preview(self.job, preview)

    async def _expected_finish(self) -> float | None:
        """When the job will be done by those before it, in Unix seconds, where no step will tell."""
        if self.server.live:
            return None
        with contextlib.suppress(StoreError):
            return expected_end(await self._context.store.forecast(self.job.id, servers=1))
        return None

    def _announce(self, event: comfy.Event, finish: float | None = None) -> None:
        if isinstance(event, comfy.Sampling):
            left = self._rate.seconds_left(event.step, event.steps, time.monotonic(), event.sampler)
            finish = None if left is None else time.time() + left
        self._context.announcer.progress(self.job, event, finish)

    async def _files_of_outcome(self) -> tuple[comfy.OutputFile, ...]:
        """The files of the output node, asked again after a crash. Raises JobLost."""
        workflows = self._context.workflows
        workflow = workflows.get(pick_workflow(workflows, self.server.runnable, self.job.params))
        match await self.server.locate(self.job.id, output=workflow.output if workflow else None):
            case comfy.Finished(outcome=comfy.Done(files=files)):
                return files
            case _:
                raise comfy.JobLost

    @contextlib.asynccontextmanager
    async def _cancellable(self) -> AsyncGenerator[None]:
        """Look every second whether the job is to be cancelled, also while the server is silent."""
        watch = asyncio.create_task(self._watch_cancellation(), name=f"cancellation of {self.job.id}")
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.wait([watch])
            if not watch.cancelled():
                watch.result()

    async def _watch_cancellation(self) -> None:
        while True:
            await asyncio.sleep(CANCEL_POLL_SECONDS)
            try:
                await self._check_cancelled()
            except (JobFailure, LeaseLost):
                return  # its end comes as an event, or the next move finds the lease lost
            except (StoreError, comfy.ComfyError) as err:
                log.warning("job %s: nobody can say whether to go on: %s", self.job.id, err)

    async def _check_cancelled(self) -> None:
        """Stop the job on the server and raise JobFailure if it is to be cancelled.

        Raises ComfyError, LeaseLost, StoreError.
        """
        lease = await self._context.store.current(self.lease)
        if lease.job.cancel_requested:
            self._context.announcer.cancelling(lease.job)  # another process may have been asked
            await self.server.cancel(self.job.id)
            raise JobFailure("cancelled")

    def _stage(self, stage: JobStage) -> None:
        self._context.announcer.stage(self.job, stage)

    async def _move(self, state: State, **changes: Unpack[Changes]) -> None:
        self.lease = await self._context.store.move(self.lease, state, **changes)
        log.info("job %s: %s on %s", self.job.id, state, self.server.name)


def rerun_id(job: Job) -> str:
    """The prompt id under which a job's clip is saved again: its own id would run the job twice."""
    return str(uuid.uuid5(uuid.UUID(job.id), "smaller"))


def _clip_among(files: Sequence[comfy.OutputFile]) -> comfy.OutputFile:
    """The clip among the files of a result. Raises JobFailure where there is none."""
    clips = [file for file in files if file.is_clip]
    if not clips:
        raise JobFailure("no_clip")
    return clips[0]
