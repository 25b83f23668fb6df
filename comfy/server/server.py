"""One ComfyUI server: the workflows it can run, whether it takes jobs, and the life cycle of a job."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import stamina

from comfy.errors import (
    BadAnswer,
    ComfyError,
    JobLost,
    ServerUnreachable,
    TokenRefused,
)
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.files import OutputFile
from comfy.protocol.object_info import NodeClasses
from comfy.protocol.responses import JobPosition, Running
from comfy.protocol.transport import Transport
from comfy.server.availability import Availability, UnavailableReason
from comfy.server.capabilities import Capabilities, Missing
from comfy.server.connection import Connection
from comfy.server.follower import Follower
from comfy.server.progress import ProgressTracker
from comfy.server.submission import MAX_SUBMISSIONS, Submitter
from comfy.server.websocket import WebSocketReader
from comfy.workflows.adapt import ModelFiles
from comfy.workflows.events import Event
from comfy.workflows.graph import NO_CHOICES, NO_LORAS, Graph, build_graph
from comfy.workflows.workflow import Choice, Workflow

log = logging.getLogger(__name__)


class Server:
    """Made by `open_server`.

    Whatever asks the server raises ServerUnreachable, TokenRefused, TooLarge or BadAnswer.
    `availability`: its stats, prompts of others, and whether to give it jobs.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        client_id: str,
        owner: str,
        workflows: Mapping[str, Workflow],
        files: ModelFiles,
        answer_timeout: float,
        silence_timeout: float,
        reset_timeout: float,
        yield_to_others: bool,
        refresh_seconds: float,
        on_classes: Callable[[NodeClasses], None],
    ) -> None:
        self.name = transport.name
        self._answer_timeout = answer_timeout
        self._silence_timeout = silence_timeout
        self._next_change = asyncio.Event()
        self._followers: dict[str, Follower] = {}
        self._endpoints = Endpoints(transport, owner=owner)
        self.availability = Availability(
            self._endpoints,
            self._notify,
            owner=owner,
            silence_timeout=silence_timeout,
            reset_timeout=reset_timeout,
            yield_to_others=yield_to_others,
        )
        self._reader = WebSocketReader(
            transport, client_id, self._on_websocket, self.availability.queue_changed
        )
        self._connection = Connection(
            self.availability.poll,
            self._on_connection,
            name=transport.name,
            is_live=lambda: self._reader.connected,
            poll_seconds=silence_timeout,
        )
        self._told_at_epoch = 0
        self._capabilities = Capabilities(
            self._endpoints,
            workflows,
            files,
            self._notify,
            name=transport.name,
            refresh_seconds=refresh_seconds,
            on_classes=on_classes,
        )
        self._submitter = Submitter(
            self._endpoints,
            self.availability,
            locate=self.locate,
            cancel=self.cancel,
            client_id=lambda: self._reader.client_id,
            on_missing=self._capabilities.refresh,
            stuck_timeout=answer_timeout,
            changed=self.changed,
        )
        transport.on_token_refused(self._capabilities.fail)

    @property
    def reachable(self) -> bool:
        """Whether it answers, its nodes are known, and its last request was not answered 401."""
        refused = isinstance(self._capabilities.error, TokenRefused)
        return self._connection.up and self.answered_at is not None and not refused

    @property
    def live(self) -> bool:
        """Whether its websocket is open, which tells of steps and previews; else jobs are polled."""
        return self._reader.connected

    @property
    def websocket_error(self) -> ComfyError | None:
        """Why its websocket is not open."""
        return self._reader.error

    @property
    def connection_epoch(self) -> int:
        """How often it came up so far. If it changed, uploads may be gone: send them again."""
        return self._connection.epoch

    @property
    def runnable(self) -> frozenset[str]:
        """The names of the workflows that it can run; none before it first answered."""
        return self._capabilities.runnable

    @property
    def missing(self) -> Missing:
        """For each workflow what the server lacks to run it; empty before it first answered."""
        return self._capabilities.missing

    @property
    def answered_at(self) -> float | None:
        """When it last said what it can run, in Unix seconds."""
        return self._capabilities.answered_at

    @property
    def error(self) -> ComfyError | None:
        """Why it is not reachable."""
        return self._connection.error or self._capabilities.error

    @property
    def unavailable_reason(self) -> UnavailableReason | None:
        """Why it should be given no job at the moment."""
        if self.reachable:
            return self.availability.unavailable_reason
        refused = isinstance(self.error, TokenRefused)
        return UnavailableReason.TOKEN_REFUSED if refused else UnavailableReason.UNREACHABLE

    async def ready(self) -> None:
        """Wait until it may be given jobs."""
        while self.unavailable_reason:
            await self.changed()

    async def changed(self) -> None:
        """Wait for the next change of any of these: availability, `answered_at`, `error`, `live`."""
        await self._next_change.wait()

    async def refresh(self) -> None:
        """Ask what it can run, unless that was done a few seconds ago; returns once it answered or failed."""
        if self._connection.up:
            await self._capabilities.ask()

    def workflows_changed(self) -> None:
        """Ask again what it can run: there are other workflows than at its last answer."""
        if self._connection.up:
            self._capabilities.refresh()

    def choices(self, workflow: str) -> Mapping[str, Choice]:
        """What may be chosen for that workflow here: options whose files it lacks are left out.

        Under LORA_CHOICE the LoRAs that it has.
        """
        return self._capabilities.choices(workflow)

    def build(
        self,
        workflow: str,
        values: Mapping[str, object],
        image: str,
        choices: Mapping[str, str] = NO_CHOICES,
        *,
        preset: str = "",
        last_image: str | None = None,
        loras: Mapping[str, float] = NO_LORAS,
    ) -> Graph:
        """Build a workflow's graph, adapted to this server; see `build_graph`.

        Raises WorkflowInvalid, MissingModel, NodeMissing, ServerUnreachable (it never answered).
        """
        adapted = self._capabilities.adapted(workflow)
        return build_graph(adapted, values, image, choices, preset=preset, last_image=last_image, loras=loras)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def upload(self, picture: bytes, *, name: str) -> str:
        """Upload a picture as a temp file (`name` in ASCII); returns the reference that LoadImage takes.

        Safe to repeat: the same bytes under one name are kept once, other bytes get another name.
        """
        return await self._endpoints.upload(picture, name)

    async def submit(self, prompt_id: str, graph: Graph, *, tries: int = MAX_SUBMISSIONS) -> None:
        """Submit a job under our own id, a lowercase UUID; answered 5xx, up to `tries` times.

        Raises GraphRejected (MissingModel, NodeMissing), ServerTooOld and SubmissionFailed. While the server
        is stuck it waits for `answer_timeout` seconds, then raises ServerUnreachable.
        """
        await self._submitter.submit(prompt_id, graph, tries=tries)

    async def resume(self, prompt_id: str, graph: Graph, *, tries: int = MAX_SUBMISSIONS) -> None:
        """Submit a job unless the server has it already. Raises as `submit` does."""
        if await self._find(prompt_id) is None:
            await self._submitter.submit(prompt_id, graph, tries=tries)

    @asynccontextmanager
    async def follow(self, prompt_id: str, graph: Graph) -> AsyncGenerator[AsyncIterator[Event]]:
        """The job's events, up to and with the one that ends it (Done, Failed or Interrupted).

        Enter it before `submit`, iterate after it; a job of an earlier process can be followed as well.
        Iterating raises JobLost when the server has the job no more, ServerUnreachable when it did not
        answer for `answer_timeout` seconds.
        """
        with self._reader.subscribe(prompt_id) as subscription:
            follower = Follower(
                ProgressTracker(graph),
                locate=lambda: self.locate(prompt_id, output=graph.output),
                subscription=subscription,
                reader=self._reader,
                answer_timeout=self._answer_timeout,
                silence_timeout=self._silence_timeout,
            )
            self._followers[prompt_id] = follower
            try:
                async with aclosing(self._watch(prompt_id, graph, follower)) as events:
                    yield events
            finally:
                del self._followers[prompt_id]

    async def locate(self, prompt_id: str, *, output: str | None = None) -> JobPosition | None:
        """Find a job in queue and history, None if in neither. `output`: the node whose files count."""
        position = await self._endpoints.outcome(prompt_id, output) or await self._queue_position(prompt_id)
        # It may have ended between the two requests; from the history nothing goes back to the queue.
        return position or await self._endpoints.outcome(prompt_id, output)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def cancel(self, prompt_id: str) -> None:
        """Cancel the job wherever it is; a running one stops at its node's next progress report.

        Servers before 2025-08 ignore the id and interrupt whatever runs: so `/interrupt` is sent only while
        this job is the one that runs.
        """
        if prompt_id in self._followers:
            self._followers[prompt_id].expect_cancellation()
        await self._endpoints.delete_waiting(prompt_id)
        if isinstance(await self._queue_position(prompt_id), Running):
            self.availability.interrupted(prompt_id)
            await self._endpoints.interrupt(prompt_id)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def download(self, file: OutputFile, to: Path, *, limit: int) -> None:
        """Download a clip of at most `limit` bytes to the file `to`: whole and on disk, or not at all.

        Raises TooLarge, JobLost when the file is gone, BadAnswer when it is no moving picture, OSError of
        the disk.
        """
        await self._endpoints.download(file, to, limit=limit)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def size_of(self, file: OutputFile) -> int:
        """The size of a clip in bytes. Raises JobLost when it is gone."""
        return await self._endpoints.size(file)

    async def overwrite(self, file: OutputFile) -> None:
        """Replace the bytes of a temp file: nothing else deletes it before a restart. Errors are logged."""
        try:
            await self._endpoints.overwrite(file)
        except ComfyError as err:
            log.warning("%s: a temp file stays until it is restarted: %s", self.name, err)

    async def forget(self, prompt_id: str) -> bool:
        """Delete the job and its prompt from the history, which all can read; errors are logged.

        Returns whether it could: of a job that still runs, an entry is written later.
        """
        try:
            await self._erase(prompt_id)
        except ComfyError as err:
            log.warning("%s: the history entry of a job stays: %s", self.name, err)
            return False
        return True

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def owned_history(self) -> Collection[str]:
        """The ids of our prompts among the newest in the history, without those that are followed."""
        return [each for each in await self._endpoints.owned_history() if each not in self._followers]

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def free(self) -> None:
        """Unload its models and empty its cache, to free its memory."""
        await self._endpoints.free()

    async def run(self) -> None:
        """Run the connection, the websocket and the monitors, as a task of `open_server`."""
        async with asyncio.TaskGroup() as tasks:
            for runner in (self._connection, self._reader, self._capabilities, self.availability):
                tasks.create_task(runner.run(), name=f"{self.name}: {type(runner).__name__}")

    async def _watch(self, prompt_id: str, graph: Graph, follower: Follower) -> AsyncGenerator[Event]:
        """Yield the events, and update `availability` from each."""
        try:
            async with aclosing(follower.events()) as events:
                async for event in events:
                    self.availability.feed(prompt_id, graph, event)
                    yield event
        except BadAnswer:
            self.availability.failed(prompt_id)
            raise
        except JobLost:
            self._connection.doubt()  # started anew between two looks, it has no uploads either
            raise

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def _find(self, prompt_id: str) -> JobPosition | None:
        return await self.locate(prompt_id)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def _erase(self, prompt_id: str) -> None:
        await self._endpoints.erase(prompt_id)

    async def _queue_position(self, prompt_id: str) -> JobPosition | None:
        return (await self._endpoints.queue()).find(prompt_id)

    def _on_websocket(self) -> None:
        if self._reader.connected:
            self.availability.queue_changed()
        elif self._reader.error is None and not self._reader.flapping:
            self._connection.doubt()  # it was open until now
        elif self._connection.up and self._reader.error and self._told_at_epoch != self._connection.epoch:
            self._told_at_epoch = self._connection.epoch
            log.warning("%s: no live steps here, jobs are polled: %s", self.name, self._reader.error)
        self._notify()

    def _on_connection(self) -> None:
        if self._connection.up:
            self._reader.retry_soon()
            self._capabilities.refresh(whole=True)
        else:
            self._capabilities.pause()
            self.availability.loaded = None  # it may be restarting
        self._notify()

    def _notify(self) -> None:
        self._next_change.set()
        self._next_change = asyncio.Event()
