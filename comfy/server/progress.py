"""One job's story: raw signals in, events for whoever waits out. Pure."""

from collections.abc import Iterator

from comfy.protocol.messages import (
    JobStarted,
    NodeProgress,
    NodeSaved,
    NodeStarted,
    PreviewSent,
    SocketMessage,
)
from comfy.workflows.events import Event, Node, Preview, Sampling, Saved, Stage, Started
from comfy.workflows.graph import Graph


class ProgressTracker:
    """Knows the graph, so that it can tell a step from a count of weights; says nothing twice.

    `started` tells whether the job was seen to run.
    """

    def __init__(self, graph: Graph) -> None:
        self.started = False
        self._graph = graph
        self._stage: Node | None = None
        self._step: Sampling | None = None

    def feed(self, signal: SocketMessage) -> Iterator[Event]:
        """The events that a signal of this job brings."""
        match signal:
            case JobStarted(at=at):
                yield from self.begin(at)
            case NodeStarted(node=node):
                yield from self._turn_to(node, self._graph.stages.get(node, Stage.LOADING))
            case NodeProgress():
                yield from self._progress(signal)
            case NodeSaved(node=node, files=files) if node == self._graph.output and files:
                yield Saved(files=files)
            case PreviewSent(image=image, kind=kind) if self.started:
                # Some previews do not say whose they are; a server runs one job at a time, and this one runs.
                yield Preview(image=image, kind=kind)
            case _:
                pass

    def begin(self, at: float) -> Iterator[Event]:
        """The job was seen to run, by a signal or in the queue."""
        if not self.started:
            self.started = True
            yield Started(at=at)

    def _progress(self, signal: NodeProgress) -> Iterator[Event]:
        stage = self._graph.stages.get(signal.node, Stage.LOADING)
        if stage is not Stage.SAMPLING:
            yield from self._turn_to(signal.node, stage)
        elif signal.maximum != self._graph.sampler_steps.get(signal.node):
            # The sampler counts weights before its first step, to the end and back to 0.
            counting = 0 < signal.value < signal.maximum
            yield from self._turn_to(signal.node, Stage.LOADING if counting else Stage.SAMPLING)
        else:
            yield from self._turn_to(signal.node, Stage.SAMPLING)
            yield from self._step_to(Sampling(step=signal.value, steps=signal.maximum))

    def _turn_to(self, node: str, stage: Stage) -> Iterator[Event]:
        turned = Node(node=node, stage=stage)
        if turned != self._stage:
            self._stage = turned
            yield turned

    def _step_to(self, step: Sampling) -> Iterator[Event]:
        if step != self._step:
            self._step = step
            yield step
