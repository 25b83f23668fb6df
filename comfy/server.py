"""One ComfyUI server: what it can run, and the way of a job through it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import NoReturn

import stamina

from comfy.answers import (
    Finished,
    Running,
    Whereabouts,
    find_in_queue,
    parse_history,
    parse_node_faults,
    parse_rejection,
)
from comfy.capabilities import Capabilities, Missing
from comfy.errors import (
    BadAnswer,
    ComfyError,
    GraphRejected,
    MissingModel,
    NodeMissing,
    ServerTooOld,
    ServerUnreachable,
)
from comfy.events import Event
from comfy.files import OutputFile
from comfy.fitting import ModelFiles
from comfy.follow import Follower
from comfy.graph import NONE, Graph
from comfy.listener import Listener
from comfy.shapes import as_mapping, as_text, parse_json
from comfy.story import Story
from comfy.transport import Transport
from comfy.workflow import Choice, Workflow

log = logging.getLogger(__name__)

UPLOADS = "animate"  # the subfolder of the server's temp folder
EXTRA_DATA = {
    "preview_method": "auto",
    # Else VideoHelperSuite writes the whole prompt into a PNG beside the clip, whatever save_metadata says.
    "extra_pnginfo": {"workflow": {"extra": {"VHS_MetadataImage": False}}},
}


class Server:
    """Made by `open_server`.

    Whatever asks the server raises ServerUnreachable, TokenRefused, TooLarge or BadAnswer.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        client_id: str,
        workflows: Mapping[str, Workflow],
        files: ModelFiles,
        patience: float,
        quiet: float,
    ) -> None:
        self.name = transport.name
        self._transport = transport
        self._patience = patience
        self._quiet = quiet
        self._bell = asyncio.Event()
        self._followers: dict[str, Follower] = {}
        self._listener = Listener(transport, client_id, self._on_socket)
        self._capabilities = Capabilities(transport, workflows, files, self._ring)

    @property
    def reachable(self) -> bool:
        """Whether its websocket is open and its nodes are known."""
        return self._listener.connected and bool(self.missing)

    @property
    def runnable(self) -> frozenset[str]:
        """The workflows that it can run; none before it first answered."""
        return self._capabilities.runnable

    @property
    def missing(self) -> Missing:
        """For each workflow what the server lacks to run it; empty before it first answered."""
        return self._capabilities.missing

    @property
    def trouble(self) -> ComfyError | None:
        """Why it is not reachable."""
        return self._listener.trouble or self._capabilities.trouble

    async def ready(self) -> None:
        """Wait until it is reachable."""
        while not self.reachable:
            await self.changed()

    async def changed(self) -> None:
        """Wait until `reachable`, `runnable` or `trouble` may have changed."""
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
        fields = {"type": "temp", "subfolder": UPLOADS}
        answer = as_mapping(await self._transport.upload(picture, name=name, fields=fields))
        name, subfolder, kind = (as_text(answer.get(key), key) for key in ("name", "subfolder", "type"))
        return f"{subfolder}/{name} [{kind}]"

    async def submit(self, prompt_id: str, graph: Graph) -> None:
        """Hand in a job under our own id, a lowercase UUID.

        Raises GraphRejected (MissingModel, NodeMissing) and ServerTooOld.
        """
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
                Story(graph),
                locate=lambda: self.locate(prompt_id, output=graph.output),
                mailbox=mailbox,
                listener=self._listener,
                patience=self._patience,
                quiet=self._quiet,
            )
            self._followers[prompt_id] = follower
            try:
                async with aclosing(follower.events()) as events:
                    yield events
            finally:
                del self._followers[prompt_id]

    async def locate(self, prompt_id: str, *, output: str | None = None) -> Whereabouts | None:
        """Where the job is, None when nowhere. Its files are those of the node `output`, or of all."""
        found = await self._outcome(prompt_id, output) or await self._queued(prompt_id)
        # It may have ended between the two questions; from the history nothing goes back.
        return found or await self._outcome(prompt_id, output)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def cancel(self, prompt_id: str) -> None:
        """Stop the job wherever it is; a running one stops at its node's next tick.

        Without the id `/interrupt` would stop whoever runs, and servers before 2025-08 ignore the id: so it
        goes out only while this job is the one that runs.
        """
        if prompt_id in self._followers:
            self._followers[prompt_id].withdraw()
        await self._tell("queue", {"delete": [prompt_id]})
        if isinstance(await self._queued(prompt_id), Running):
            await self._tell("interrupt", {"prompt_id": prompt_id})

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def download(self, file: OutputFile, to: Path, *, limit: int) -> None:
        """Bring a clip of at most `limit` bytes to `to`: whole and durable, or not at all.

        Raises TooLarge, JobLost when the file is gone, BadAnswer when it is no moving picture, OSError of
        the disk.
        """
        await self._transport.download(file, to, limit=limit)

    async def forget(self, prompt_id: str) -> None:
        """Delete the job, and with it the prompt, from the history that all can read. Failures are logged."""
        try:
            await self._erase(prompt_id)
        except ComfyError as err:
            log.warning("%s: the history entry of a job stays: %s", self.name, err)

    async def free(self) -> None:
        """Let it unload its models and free its memory."""
        await self._tell("free", {"unload_models": True, "free_memory": True})

    async def run(self) -> None:
        """Keep the websocket open and the capabilities known; `open_server` gives it a task."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listener.run(), name=f"{self.name}: listen")
            tasks.create_task(self._capabilities.run(), name=f"{self.name}: capabilities")

    async def _post(self, prompt_id: str, graph: Graph) -> None:
        body = {
            "prompt": graph.as_json(),
            "prompt_id": prompt_id,
            "client_id": self._listener.client_id,
            "extra_data": EXTRA_DATA,
        }
        answer = await self._transport.post("prompt", body)
        if answer.status == 400:
            self._refuse(parse_rejection(parse_json(answer.body)))
        accepted = as_mapping(answer.json())
        given = as_text(accepted.get("prompt_id"))
        if given != prompt_id:
            await self.cancel(given)
            raise ServerTooOld
        for fault in parse_node_faults(accepted.get("node_errors")):
            # Accepted all the same: it would run a part of the graph.
            await self.cancel(prompt_id)
            self._refuse(fault)

    def _refuse(self, rejection: GraphRejected) -> NoReturn:
        if isinstance(rejection, MissingModel | NodeMissing):
            self._capabilities.refresh()
        raise rejection

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def _erase(self, prompt_id: str) -> None:
        await self._tell("history", {"delete": [prompt_id]})

    async def _tell(self, path: str, body: Mapping[str, object]) -> None:
        answer = await self._transport.post(path, body)
        if answer.status != 200:
            raise BadAnswer(reason=f"HTTP {answer.status}")

    async def _queued(self, prompt_id: str) -> Whereabouts | None:
        return find_in_queue(await self._transport.get("queue"), prompt_id)

    async def _outcome(self, prompt_id: str, output: str | None) -> Finished | None:
        outcome = parse_history(await self._transport.get(f"history/{prompt_id}"), prompt_id, output)
        return Finished(outcome=outcome) if outcome else None

    def _on_socket(self) -> None:
        if self._listener.connected:
            self._capabilities.refresh()
        self._ring()

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()
