"""Turn the websocket messages about one job into its events. Pure."""

from collections.abc import Iterator

from comfy.protocol.files import OutputFile
from comfy.protocol.messages import (
    JobEnding,
    JobStarted,
    NodeProgress,
    NodeSaved,
    NodeStarted,
    PreviewSent,
    SocketMessage,
)
from comfy.workflows.events import Event, Node, Preview, Sampling, Saved, Started
from comfy.workflows.graph import Graph
from comfy.workflows.workflow import Stage


class ProgressTracker:
    """Knows the graph, and so which progress bars are sampling steps; yields no event twice.

    `started`: whether the job was seen to run. `saved`: the files that its output node named last.
    `succeeded`: whether its success was told.
    """

    def __init__(self, graph: Graph) -> None:
        self.started = False
        self.saved: tuple[OutputFile, ...] = ()
        self.succeeded = False
        self._graph = graph
        self._node: Node | None = None
        self._step: Sampling | None = None
        self._steps = {
            node: Sampling(step=0, steps=steps) for node, steps in graph.sampler_steps.items()
        }  # where each sampler stands

    def feed(self, message: SocketMessage) -> Iterator[Event]:
        """Yield the events that follow from a message about this job."""
        match message:
            case JobStarted(at=at):
                yield from self.start(at)
            case NodeStarted(node=node):
                yield from self._enter(node, self._graph.stages.get(node, Stage.LOADING))
            case NodeProgress():
                yield from self._progress(message)
            case NodeSaved(node=node, files=files) if node == self._graph.output and files:
                self.saved = files
                yield Saved(files=files)
            case JobEnding(success=True):
                self.succeeded = True
            case PreviewSent(image=image, kind=kind) if self.started:
                # Some previews name no job; a server runs one job at a time, and this one runs.
                yield Preview(image=image, kind=kind)
            case _:
                pass

    def start(self, at: float) -> Iterator[Event]:
        """Yield Started once: the job was seen to run, by a message or in the queue."""
        if not self.started:
            self.started = True
            yield Started(at=at)

    def _progress(self, message: NodeProgress) -> Iterator[Event]:
        stage = self._graph.stages.get(message.node, Stage.LOADING)
        if stage is not Stage.SAMPLING:
            yield from self._enter(message.node, stage)
        elif message.maximum != self._graph.sampler_steps.get(message.node):
            # The sampler counts weights before its first step, to the end and back to 0.
            is_loading = 0 < message.value < message.maximum
            yield from self._enter(message.node, Stage.LOADING if is_loading else Stage.SAMPLING)
        elif 0 <= message.value <= message.maximum:
            yield from self._sample(message.node, Sampling(step=message.value, steps=message.maximum))

    def _enter(self, node: str, stage: Stage) -> Iterator[Event]:
        sampling = self._steps.get(node) if stage is Stage.SAMPLING else None
        entered = Node(node=node, stage=stage, sampling=sampling)
        if entered != self._node:
            self._node = entered
            yield entered

    def _sample(self, node: str, step: Sampling) -> Iterator[Event]:
        yield from self._enter(node, Stage.SAMPLING)
        if step != self._step:
            self._steps[node] = self._step = step
            yield step
