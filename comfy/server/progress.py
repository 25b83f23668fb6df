"""Turn the websocket messages about one job into its events. Pure."""

from collections.abc import Iterator

from comfy.graphs.nodes import Stage
from comfy.graphs.sampler_steps import is_sampler
from comfy.protocol.files import OutputFile
from comfy.protocol.messages import (
    JobEnding,
    JobStarted,
    NodeProgress,
    NodeSaved,
    NodesCached,
    NodeStarted,
    NodeState,
    NodeStates,
    PreviewSent,
    SocketMessage,
)
from comfy.workflows.events import Event, Node, Preview, Sampling, Saved, Started
from comfy.workflows.graph import Graph
from comfy.workflows.step_counter import StepCounter, Tick


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
        self._counter = StepCounter(graph)
        self._sampler = ""
        self._node: Node | None = None
        self._step: Sampling | None = None
        self._states: dict[str, NodeState] = {}
        self._shown_as: dict[str, str] = {}

    @property
    def steps(self) -> int:
        """How many sampling steps were seen, over all samplers that ran."""
        return self._counter.steps

    def feed(self, message: SocketMessage) -> Iterator[Event]:
        """Yield the events that follow from a message about this job."""
        match message:
            case JobStarted(at=at):
                yield from self.start(at)
            case NodesCached(nodes=nodes):
                self._counter.skip(nodes)
            case NodeStarted(node=node, shown_as=shown_as):
                yield from self._start(self._find(node, shown_as))
            case NodeProgress(node=node, value=value, maximum=maximum):
                yield from self._progress(self._find(node), value, maximum)
            case NodeStates(states=states):
                yield from self._update(states)
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

    def _find(self, node: str, shown_as: str = "") -> str:
        """The node of the graph that a message is about: some nodes make others while they run."""
        if shown_as and node not in self._graph.nodes:
            self._shown_as[node] = shown_as
        return self._shown_as.get(node, node)

    def _update(self, states: tuple[NodeState, ...]) -> Iterator[Event]:
        """Take over what has changed since the last message; most of it was told by another message."""
        for state in states:
            if state == self._states.get(state.node):
                continue
            self._states[state.node] = state
            node = self._find(state.node, state.shown_as)
            if state.finished:
                self._counter.end(node)
            elif (state.value, state.maximum) == (0, 1):
                yield from self._start(node)
            else:
                yield from self._progress(node, state.value, state.maximum)

    def _stage(self, node: str) -> Stage:
        stage = self._graph.stages.get(node, Stage.LOADING)
        if node in self._graph.sampler_steps:
            return Stage.SAMPLING
        described = self._graph.nodes.get(node)
        is_helper = stage is Stage.SAMPLING and described and not is_sampler(described, stage)
        return Stage.LOADING if is_helper else stage

    def _start(self, node: str) -> Iterator[Event]:
        self._leave_for(node)
        stage = self._stage(node)
        if stage is Stage.SAMPLING:
            self._sampler = node
        elif self._sampler and stage is Stage.LOADING and not self._loads(node):
            return  # a small node without a stage of its own, between sampling and decoding
        yield from self._enter(node, stage)

    def _leave_for(self, node: str) -> None:
        if self._sampler != node:
            self._counter.end(self._sampler)

    def _loads(self, node: str) -> bool:
        return node in self._graph.nodes and "Load" in self._graph.nodes[node].class_type

    def _progress(self, node: str, value: int, maximum: int) -> Iterator[Event]:
        if self._stage(node) is not Stage.SAMPLING:
            yield from self._start(node)
            return
        match self._counter.count(node, value, maximum):
            case Tick.WEIGHTS:
                # It counts weights before its first step, to the end and back to 0.
                self._leave_for(node)
                is_loading = 0 < value < maximum
                yield from self._enter(node, Stage.LOADING if is_loading else Stage.SAMPLING)
            case Tick.STEP:
                yield from self._start(node)
                yield from self._step_to(self._counter.sampling(node))
            case Tick.OTHER:
                pass

    def _enter(self, node: str, stage: Stage) -> Iterator[Event]:
        sampling = self._counter.sampling(node) if stage is Stage.SAMPLING else None
        entered = Node(node=node, stage=stage, sampling=sampling)
        if entered != self._node:
            self._node = entered
            yield entered

    def _step_to(self, step: Sampling | None) -> Iterator[Event]:
        if step and step != self._step:
            self._step = step
            yield step
