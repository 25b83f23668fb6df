"""What a running node uses: resolved inputs, simulated time, progress, and points at which it can stop."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from PIL import Image

from playground.comfyui.errors import ComfyUIFault, NodeFailed
from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.events import Events
from playground.comfyui.execution.fake_video import render_preview
from playground.comfyui.execution.previews import encode_jpeg
from playground.comfyui.faults import Faults, OneTimeFault
from playground.comfyui.folders import Folders
from playground.comfyui.graph import Json, Node, parse_list
from playground.comfyui.node_inputs import Input
from playground.comfyui.object_info import NodeClasses
from playground.comfyui.timeline import Moment, Timeline
from playground.comfyui.values import Failure, PreviewMethod, Prompt, Stage

T = TypeVar("T")
_OUT_OF_MEMORY = """Allocation on device 0 would exceed allowed memory. (out of memory)
Currently allocated     : 22.10 GiB
Requested               : 2.50 GiB
Device limit            : 23.64 GiB
Free (according to CUDA): 12.81 MiB
PyTorch limit (set by user-supplied memory fraction)
                        : 17179869184.00 GiB
This error means you ran out of memory on your GPU.

TIPS: If the workflow worked before you might have accidentally set the batch_size to a large number."""
_SHAPES = "mat1 and mat2 shapes cannot be multiplied (512x768 and 4096x5120)\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEnvironment:
    """What all nodes of a server share. `speed` 2 runs twice as fast."""

    speed: float
    node_classes: NodeClasses
    folders: Folders
    faults: Faults
    timeline: Timeline


class StopSignal:
    """Asks a running prompt to stop, with the error that it then ends with."""

    def __init__(self) -> None:
        self.reason: ComfyUIFault | None = None
        self.event = asyncio.Event()

    def set(self, reason: ComfyUIFault) -> None:
        """Stop the prompt at the next `check` or wait."""
        self.reason = reason
        self.event.set()

    def check(self) -> None:
        """Raise the reason if there is one."""
        if self.reason:
            raise self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRun:
    """One node while it runs. `inputs` are the node's, with each link replaced by the linked value."""

    node: Node
    inputs: Json
    prompt: Prompt
    environment: NodeEnvironment
    events: Events
    stop_signal: StopSignal

    @property
    def output_types(self) -> list[str]:
        """The types that the node gives, one for each slot."""
        return self.environment.node_classes.output_types(self.node.kind)

    @property
    def declared(self) -> list[Input]:
        """The node's inputs as its class describes them; their order is the class's."""
        return list(self.environment.node_classes.inputs(self.node.kind, self.node.inputs))

    def values_of(self, kind: type[T]) -> Mapping[str, T]:
        """The inputs that brought such a value, by name, in the class's order."""
        names = dict.fromkeys((*(spec.name for spec in self.declared), *self.inputs))
        values = ((name, self.inputs.get(name)) for name in names)
        return {name: value for name, value in values if isinstance(value, kind)}

    def value(self, name: str, kind: type[T]) -> T:
        """What an input's link brought. NodeFailed if of another kind: the playground cannot run that."""
        value = self.inputs.get(name)
        if not isinstance(value, kind):
            raise NodeFailed("TypeError", f"the playground cannot run {self.node.kind} with this {name}\n")
        return value

    def number(self, name: str, default: float = 0) -> float:
        """A number among the inputs, the first one of a list."""
        return float(self._scalar(name, default))

    def whole(self, name: str, default: int = 0) -> int:
        """A whole number among the inputs, of any size."""
        value = self._scalar(name, default)
        return int(value) if isinstance(value, int | str) else math.floor(value)

    def has(self, *names: str) -> str | None:
        """The first of these inputs that the node has."""
        return next((name for name in names if self.inputs.get(name) is not None), None)

    def text(self, name: str, default: str = "") -> str:
        """A text among the inputs."""
        return str(self.inputs.get(name, default))

    async def reach(self, stage: Stage, step: int = 0) -> None:
        """Record the stage, wait while the engine is paused, and stop if asked to."""
        await self.environment.timeline.record(Moment(prompt_id=self.prompt.id, stage=stage, step=step))
        if self.environment.faults.deaf:
            await self.environment.timeline.resumed.wait()
            return
        await _either(self.environment.timeline.resumed, self.stop_signal.event)
        self.stop_signal.check()

    async def wait(self, seconds: float) -> None:
        """Pretend to compute for `seconds` at speed 1; a stop ends it unless nodes ignore interrupts (12)."""
        faults = self.environment.faults
        duration = seconds * faults.slowness / self.environment.speed
        if faults.deaf:
            await asyncio.sleep(duration)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(duration):
                await self.stop_signal.event.wait()
        self.stop_signal.check()

    async def tick(
        self, value: int, maximum: int, seconds: float, picture: Image.Image | None = None
    ) -> None:
        """Wait `seconds`, then send progress; `picture` is what a preview shows."""
        await self.wait(seconds)
        jpeg = await self._preview(picture, value / maximum) if picture else None
        self.events.progressed(self.node.id, value, maximum, jpeg)

    async def step(self, value: int, maximum: int, seconds: float, picture: Image.Image) -> None:
        """One step of a sampler: a tick at which faults happen."""
        await self.tick(value, maximum, seconds, picture)
        await self.reach(Stage.SAMPLING, value)
        if self.environment.faults.take(OneTimeFault.HANG):
            await (asyncio.Event() if self.environment.faults.deaf else self.stop_signal.event).wait()
            self.stop_signal.check()
        match self.environment.faults.take_failure():
            case Failure.MEMORY:
                raise NodeFailed("torch.OutOfMemoryError", _OUT_OF_MEMORY)
            case Failure.ERROR:
                raise NodeFailed("RuntimeError", _SHAPES)
            case None:
                pass

    def _scalar(self, name: str, default: float) -> float | str:
        value = self.inputs.get(name, default)
        values = parse_list(value)
        return cast("float | str", values[0] if values else value)

    async def _preview(self, picture: Image.Image, part_done: float) -> bytes | None:
        if self.prompt.preview_method is PreviewMethod.NONE:
            return None
        return await asyncio.to_thread(lambda: encode_jpeg(render_preview(picture, part_done)))


Behaviour = Callable[[NodeRun], Awaitable[NodeResult]]


async def _either(*events: asyncio.Event) -> None:
    if any(event.is_set() for event in events):
        return
    waits = [asyncio.create_task(event.wait(), name="comfyui-gate") for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
