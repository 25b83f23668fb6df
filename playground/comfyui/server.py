"""The simulated ComfyUI as a library: start and stop it, inject faults, wait for a stage."""

import asyncio
import contextlib
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from playground.comfyui.execution.node_environment import NodeEnvironment
from playground.comfyui.faults import CannedAnswer, Faults, OneTimeFault, SocketFault
from playground.comfyui.folders import Folders
from playground.comfyui.lifecycle import RunningServer, serve
from playground.comfyui.object_info import Installed, NodeClasses
from playground.comfyui.timeline import Moment, Timeline
from playground.comfyui.values import Failure, Run, Stage

_LIMIT = 30.0  # seconds a test waits for a moment


class ComfyUI:
    """A ComfyUI on loopback that runs no model: `async with ComfyUI() as comfyui: comfyui.url`.

    It speaks the recorded protocol of ComfyUI 0.33.0 and makes real MP4 files by moving a crop over
    the picture. At speed 1 a clip of 81 frames of 832 × 480 with 20 steps takes about five seconds.
    `runs` are the prompts that really ran, in order; `folder` is where `input`, `output` and `temp` are.
    """

    folder: Path

    def __init__(
        self,
        *,
        port: int = 0,
        token: str | None = None,
        prefix: str = "",
        speed: float = 1.0,
        lora: bool = True,
        sageattention: bool = False,
        without: Collection[str] = (),
        backslashes: bool = False,
        nodes: Mapping[str, object] | None = None,
        graphs: Collection[Mapping[str, object]] = (),
    ) -> None:
        """`token` is wanted as a bearer on every request; `prefix` is a path before all others.

        `lora`, `sageattention`: whether these are installed. `without`: node classes and model files that
        are missing. `backslashes`: list model names as a server on Windows does. `nodes`: more node
        classes, as object_info describes them; they pass on what they get. `graphs`: graphs that can run
        here, whatever files, choices and classes they name.
        """
        self.runs: list[Run] = []
        installed = Installed(
            lora=lora,
            sageattention=sageattention,
            without=frozenset(without),
            backslashes=backslashes,
            nodes=nodes or {},
            graphs=tuple(graphs),
        )
        self._node_classes = NodeClasses(installed)
        self._faults = Faults()
        self._timeline = Timeline()
        self._port, self._token, self._prefix, self._speed = port, token, prefix, speed
        self._stack = contextlib.ExitStack()
        self._stopping = asyncio.Event()
        self._server: asyncio.Task[None] | None = None
        self._current: RunningServer | None = None

    @property
    def url(self) -> str:
        """Where it is: http://127.0.0.1:PORT and the prefix; no slash at the end."""
        return f"http://127.0.0.1:{self._port}{self._prefix}"

    @property
    def gpu_runs(self) -> list[Run]:
        """The runs in which a sampler ran to its end."""
        return [run for run in self.runs if run.sampled]

    @property
    def waiting(self) -> list[str]:
        """The prompts that wait, by id, in the order in which they will run."""
        pending = self._current.prompt_queue.pending if self._current else []
        return [prompt.id for prompt in sorted(pending, key=lambda prompt: prompt.number)]

    @property
    def running(self) -> str | None:
        """The id of the prompt that runs."""
        prompt = self._current.prompt_queue.running if self._current else None
        return prompt.id if prompt else None

    @property
    def history(self) -> list[str]:
        """The prompts in the history, by id, oldest first: everybody can read what they were."""
        return list(self._current.prompt_queue.history) if self._current else []

    async def __aenter__(self) -> Self:
        temporary = tempfile.TemporaryDirectory(prefix="comfyui-", ignore_cleanup_errors=True)
        self.folder = Path(self._stack.enter_context(temporary))
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            await self.stop()

    # Time: wait for a moment, hold the engine at one

    async def reached(
        self, stage: Stage, step: int = 0, *, prompt_id: str | None = None, limit: float = _LIMIT
    ) -> Moment:
        """Wait until a prompt (the one queued last if None) got to `stage` and sampler step `step`.

        Answers at once if it was there before. TimeoutError after `limit` seconds.
        """
        async with asyncio.timeout(limit):
            return await self._timeline.reached(prompt_id, stage, step)

    def pause(self, stage: Stage | None = None, step: int = 0) -> None:
        """Hold the engine: at its next stage or step, or when a prompt gets to `stage` and `step`."""
        self._timeline.pause(stage, step)

    def resume(self) -> None:
        """Let the engine go on."""
        self._timeline.resume()

    # The process: stop, start, restart

    async def start(self) -> None:
        """Listen, on the same port as before if there was one; temp, queue and history are empty."""
        started: asyncio.Future[RunningServer] = asyncio.get_running_loop().create_future()
        self._server = asyncio.create_task(self._serve(started), name="comfyui-server")
        await asyncio.wait([self._server, started], return_when=asyncio.FIRST_COMPLETED)
        if self._server.done():
            await self._server
        self._current = started.result()
        self._port = self._current.port

    async def stop(self) -> None:
        """Stop as by kill -9: connections are aborted (1006), the port is closed."""
        if self._server:
            self._stopping.set()
            await self._server
            self._server, self._current = None, None

    async def restart(self) -> None:
        """Stop and start on the same port; everything in memory and in temp is gone (recording 18)."""
        await self.stop()
        await self.start()

    # What is installed and who may ask, while it runs

    def install(self, *names: str) -> None:
        """Put back node classes and model files that are missing, as after `without` or `remove`."""
        self._node_classes.change(self._node_classes.installed.having(names))

    def remove(self, *names: str) -> None:
        """Take node classes and model files away; a prompt that names them is refused from now on."""
        self._node_classes.change(self._node_classes.installed.missing(names))

    def add_file(self, folder: str, name: str) -> None:
        """Put another file into a model folder (`"loras"`, `"vae"`, …), as dropdowns name it."""
        self._node_classes.change(self._node_classes.installed.with_file(folder, name))

    def add_nodes(self, nodes: Mapping[str, object]) -> None:
        """Install more node classes, as object_info describes them; they pass on what they get."""
        self._node_classes.change(self._node_classes.installed.with_nodes(nodes))

    def install_for(self, graph: Mapping[str, object]) -> None:
        """Install what a graph names: files, choices of dropdowns and classes, in the versions it needs."""
        self._node_classes.change(self._node_classes.installed.with_graph(graph))

    def require_token(self, token: str | None) -> None:
        """Want this bearer on every request and new websocket from now on (else 401); None: want none."""
        self._token = token

    # Faults of the websocket

    async def close_sockets(self, code: int = 1006) -> None:
        """Close every websocket; 1006 cuts the connections."""
        if self._current:
            await self._current.sockets.close(code)

    def silence(self) -> None:
        """Keep websockets open and send nothing more."""
        self._faults.silent = True

    async def http_only(self, fault: int | SocketFault = 404) -> None:
        """Pass no websocket, as some gateways do: refuse each with a status, or treat it as `fault` says.

        Those that are open are cut. `pass_sockets` and `heal` let new ones through again.
        """
        self._faults.socket = fault
        await self.close_sockets()

    def pass_sockets(self) -> None:
        """Pass websockets again from now on."""
        self._faults.socket = None

    # Faults of a run

    def fail_next(self, failure: Failure) -> None:
        """The sampler raises at its next step."""
        self._faults.failure = failure

    def hang_next(self) -> None:
        """The sampler stops moving at its next step; an interrupt still ends it, unless nodes ignore it."""
        self._faults.once[OneTimeFault.HANG] += 1

    def deaf(self) -> None:
        """Make nodes ignore interrupts: one takes effect when the next node begins (recording 12)."""
        self._faults.deaf = True

    def slow(self, factor: float) -> None:
        """Everything takes `factor` times as long."""
        self._faults.slowness = factor

    def empty_output(self) -> None:
        """The next output node succeeds and lists nothing."""
        self._faults.once[OneTimeFault.EMPTY_OUTPUT] += 1

    def silent_history(self, *, entries: bool = False) -> None:
        """Let the history list no outputs of what ended; with `entries` not even that it ended."""
        self._faults.history_without_outputs = True
        self._faults.history_without_entries = entries

    def forget(self, prompt_id: str) -> None:
        """Remove a prompt from queue and history without an event, even if it runs."""
        if self._current:
            self._current.queue.forget(prompt_id)

    # Faults of HTTP

    def reject_next(self) -> None:
        """The next POST /prompt is refused: 400 with node_errors, a model file missing."""
        self._faults.once[OneTimeFault.REJECTION] += 1

    def answer(
        self,
        status: int,
        *,
        path: str = "",
        method: str = "",
        times: int = 1,
        body: bytes = b"Bad Gateway",
        content_type: str = "text/plain",
    ) -> None:
        """Answer the next `times` requests whose path contains `path` with this, doing nothing.

        `method`: only requests with this one.
        """
        canned = CannedAnswer(
            status=status, method=method, path=path, times=times, body=body, content_type=content_type
        )
        self._faults.answers.append(canned)

    def stall(self, path: str = "") -> None:
        """Take requests whose path contains `path` and never answer."""
        self._faults.stalled_path = path

    def accept_then_close(self) -> None:
        """The next POST /prompt is queued, but the connection is cut before the answer."""
        self._faults.once[OneTimeFault.LOST_ANSWER] += 1

    def accept_then_answer(self, status: int) -> None:
        """The next POST /prompt is queued, but the answer is this, as of a tunnel that waited too long."""
        self._faults.late_status = status

    def cut_download(self) -> None:
        """The next GET /view ends in the middle of the file."""
        self._faults.once[OneTimeFault.CUT_DOWNLOAD] += 1

    def oversize_download(self, size: int) -> None:
        """The next GET /view sends `size` bytes more than the file, and no Content-Length."""
        self._faults.oversize = size

    # Other versions

    def ignore_prompt_id(self) -> None:
        """Choose ids itself, as before 0.3.45."""
        self._faults.ignores_prompt_id = True

    def ignore_interrupt_id(self) -> None:
        """Interrupt whatever runs, whichever id was named, as before PR #9607."""
        self._faults.ignores_interrupt_id = True

    def heal(self) -> None:
        """End every fault and let the engine go on."""
        self._faults.reset()
        self.resume()

    async def _serve(self, started: asyncio.Future[RunningServer]) -> None:
        self._stopping.clear()
        environment = NodeEnvironment(
            speed=self._speed,
            node_classes=self._node_classes,
            folders=Folders(self.folder),
            faults=self._faults,
            timeline=self._timeline,
        )
        async with serve(environment, self.runs, self._port, self._prefix, lambda: self._token) as server:
            started.set_result(server)
            await self._stopping.wait()
