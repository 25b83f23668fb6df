"""One ComfyUI server: what it can run, whether it takes jobs, and the way of a job through it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import NoReturn

import stamina

from comfy.errors import (
    BadAnswer,
    ComfyError,
    GraphRejected,
    MissingModel,
    NodeMissing,
    ServerTooOld,
    ServerUnreachable,
)
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.files import OutputFile
from comfy.protocol.responses import JobPosition, Running
from comfy.protocol.transport import Transport
from comfy.server.availability import Availability, UnavailableReason
from comfy.server.capabilities import Capabilities, Missing
from comfy.server.follower import Follower
from comfy.server.progress import ProgressTracker
from comfy.server.websocket import Listener
from comfy.workflows.adapt import ModelFiles
from comfy.workflows.events import Event
from comfy.workflows.graph import NONE, Graph
from comfy.workflows.workflow import Choice, Workflow

log = logging.getLogger(__name__)


class Server:
    """Made by `open_server`.

    Whatever asks the server raises ServerUnreachable, TokenRefused, TooLarge or BadAnswer.
    `standing`: how it is, who else is there, and whether to give it jobs.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        client_id: str,
        workflows: Mapping[str, Workflow],
        files: ModelFiles,
        answer_timeout: float,
        silence_timeout: float,
        reset_timeout: float,
        yield_to_others: bool,
    ) -> None:
        self.name = transport.name
        self._patience = answer_timeout
        self._quiet = silence_timeout
        self._bell = asyncio.Event()
        self._followers: dict[str, Follower] = {}
        self._endpoints = Endpoints(transport, owner=client_id)
        self.availability = Availability(
            self._endpoints,
            self._ring,
            owner=client_id,
            quiet=silence_timeout,
            rest=reset_timeout,
            yield_to_others=yield_to_others,
        )
        self._listener = Listener(transport, client_id, self._on_socket, self.availability.look_again)
        self._capabilities = Capabilities(transport, workflows, files, self._ring)

    @property
    def reachable(self) -> bool:
        """Whether its websocket is open and its nodes are known."""
        return self._listener.connected and bool(self.missing)

    @property
    def connection_epoch(self) -> int:
        """Changes whenever the server may have been started anew, its temp folder and its queue empty."""
        return self._listener.openings

    @property
    def runnable(self) -> frozenset[str]:
        """The workflows that it can run; none before it first answered."""
        return self._capabilities.runnable

    @property
    def missing(self) -> Missing:
        """For each workflow what the server lacks to run it; empty before it first answered."""
        return self._capabilities.missing

    @property
    def error(self) -> ComfyError | None:
        """Why it is not reachable."""
        return self._listener.trouble or self._capabilities.trouble

    @property
    def unavailable_reason(self) -> UnavailableReason | None:
        """Why it takes no job at the moment."""
        return self.availability.unavailable_reason if self.reachable else UnavailableReason.UNREACHABLE

    async def ready(self) -> None:
        """Wait until it takes jobs."""
        while self.unavailable_reason:
            await self.changed()

    async def changed(self) -> None:
        """Wait until `obstacle`, `runnable`, `trouble` or `standing` may have changed."""
        await self._bell.wait()

    def choices(self, workflow: str) -> Mapping[str, Choice]:
        """What may be chosen for that workflow here: options whose files it lacks are left out."""
        return self._capabilities.choices(workflow)

    def build(
        self, workflow: str, values: Mapping[str, object], image: str, choices: Mapping[str, str] = NONE
    ) -> Graph:
        """The workflow, as this server wants it, with a job's values, its uploaded picture and its choices.

        Raises WorkflowInvalid, MissingModel, NodeMissing, ServerUnreachable (it never answered).
        """
        return self._capabilities.build(workflow, values, image, choices)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def upload(self, picture: bytes, *, name: str) -> str:
        """Send a picture as a temp file (`name` in ASCII); how LoadImage refers to it.

        Safe to repeat: the same bytes under one name are kept once, other bytes get another name.
        """
        return await self._endpoints.upload(picture, name)

    async def submit(self, prompt_id: str, graph: Graph) -> None:
        """Hand in a job under our own id, a lowercase UUID.

        Raises GraphRejected (MissingModel, NodeMissing) and ServerTooOld. Behind a job that does not stop it
        waits for `patience` seconds, then raises ServerUnreachable.
        """
        await self._unstuck()
        async for attempt in stamina.retry_context(on=ServerUnreachable, attempts=3):
            with attempt:
                if attempt.num == 1:
                    await self._post(prompt_id, graph)
                else:
                    # The unanswered request may have arrived: sent twice, a job runs twice.
                    await self.resume(prompt_id, graph)

    async def resume(self, prompt_id: str, graph: Graph) -> None:
        """Hand in a job that may be there already. Raises as `submit` does."""
        if await self.locate(prompt_id) is None:
            await self._unstuck()
            await self._post(prompt_id, graph)

    @asynccontextmanager
    async def follow(self, prompt_id: str, graph: Graph) -> AsyncGenerator[AsyncIterator[Event]]:
        """The job's events, up to and with the one that ends it (Done, Failed or Interrupted).

        Enter it before `submit`, iterate after it; a job of an earlier process can be followed as well.
        Iterating raises JobLost when the server has the job no more, ServerUnreachable when it gave no answer
        for `patience` seconds.
        """
        with self._listener.subscribe(prompt_id) as mailbox:
            follower = Follower(
                ProgressTracker(graph),
                locate=lambda: self.locate(prompt_id, output=graph.output),
                mailbox=mailbox,
                listener=self._listener,
                patience=self._patience,
                quiet=self._quiet,
            )
            self._followers[prompt_id] = follower
            try:
                async with aclosing(self._heed(prompt_id, graph, follower)) as events:
                    yield events
            finally:
                del self._followers[prompt_id]

    async def locate(self, prompt_id: str, *, output: str | None = None) -> JobPosition | None:
        """Where the job is, None when nowhere. Its files are those of the node `output`, or of all."""
        found = await self._endpoints.outcome(prompt_id, output) or await self._queued(prompt_id)
        # It may have ended between the two questions; from the history nothing goes back.
        return found or await self._endpoints.outcome(prompt_id, output)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def cancel(self, prompt_id: str) -> None:
        """Stop the job wherever it is; a running one stops at its node's next tick.

        Without the id `/interrupt` would stop whoever runs, and servers before 2025-08 ignore the id: so it
        goes out only while this job is the one that runs.
        """
        if prompt_id in self._followers:
            self._followers[prompt_id].expect_cancellation()
        await self._endpoints.delete_waiting(prompt_id)
        if isinstance(await self._queued(prompt_id), Running):
            self.availability.interrupted(prompt_id)
            await self._endpoints.interrupt(prompt_id)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def download(self, file: OutputFile, to: Path, *, limit: int) -> None:
        """Bring a clip of at most `limit` bytes to `to`: whole and durable, or not at all.

        Raises TooLarge, JobLost when the file is gone, BadAnswer when it is no moving picture, OSError of
        the disk.
        """
        await self._endpoints.download(file, to, limit=limit)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def size_of(self, file: OutputFile) -> int:
        """How many bytes a clip has. Raises JobLost when it is gone."""
        return await self._endpoints.size(file)

    async def forget(self, prompt_id: str) -> None:
        """Delete the job, and with it the prompt, from the history that all can read. Failures are logged."""
        try:
            await self._erase(prompt_id)
        except ComfyError as err:
            log.warning("%s: the history entry of a job stays: %s", self.name, err)

    async def free(self) -> None:
        """Let it unload its models and free its memory."""
        await self._endpoints.free()

    async def run(self) -> None:
        """Keep the websocket open and the server's state known; `open_server` gives it a task."""
        async with asyncio.TaskGroup() as tasks:
            for part in (self._listener, self._capabilities, self.availability):
                tasks.create_task(part.run(), name=f"{self.name}: {type(part).__name__}")

    async def _heed(self, prompt_id: str, graph: Graph, follower: Follower) -> AsyncGenerator[Event]:
        """The events, with what they say of the server itself taken to heart."""
        try:
            async with aclosing(follower.events()) as events:
                async for event in events:
                    self.availability.feed(prompt_id, graph, event)
                    yield event
        except BadAnswer:
            self.availability.failed(prompt_id)
            raise

    async def _post(self, prompt_id: str, graph: Graph) -> None:
        try:
            given, fault = await self._endpoints.submit(prompt_id, graph, self._listener.client_id)
        except GraphRejected as err:
            self._refuse(err)
        if given != prompt_id:
            await self.cancel(given)
            raise ServerTooOld
        if fault:
            # Accepted all the same: it would run a part of the graph.
            await self.cancel(prompt_id)
            self._refuse(fault)

    def _refuse(self, rejection: GraphRejected) -> NoReturn:
        if isinstance(rejection, MissingModel | NodeMissing):
            self._capabilities.refresh()
        raise rejection

    async def _unstuck(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                while self.availability.stuck:
                    await self.changed()
        except TimeoutError as err:
            raise ServerUnreachable(reason="it does not stop a job") from err

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def _erase(self, prompt_id: str) -> None:
        await self._endpoints.erase(prompt_id)

    async def _queued(self, prompt_id: str) -> JobPosition | None:
        return (await self._endpoints.queue()).find(prompt_id)

    def _on_socket(self) -> None:
        if self._listener.connected:
            self._capabilities.refresh()
            self.availability.look_again()
        else:
            self.availability.loaded = None  # it may be starting anew
        self._ring()

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()
