"""One prompt from execution_start to its end: which nodes run, which are cached, what is told and kept."""

import asyncio
import time

from av.error import FFmpegError

from playground.comfyui.errors import ComfyUIFault, Forgotten, Interrupted, NodeFailed
from playground.comfyui.execution.cache import Cache, Made, sign
from playground.comfyui.execution.events import Events
from playground.comfyui.execution.node_environment import Halt, NodeEnvironment, Work
from playground.comfyui.execution.nodes import BEHAVIOURS, settings
from playground.comfyui.faults import Once
from playground.comfyui.graph import Graph, Json, Node, needed, order, parse_graph, without_dangling_links
from playground.comfyui.sockets import Sockets
from playground.comfyui.timeline import Moment
from playground.comfyui.values import Finished, Outcome, Prompt, Run, Stage

_TRACEBACK = (
    'File "/srv/comfyui/execution.py", line 545, in execute',
    'File "/srv/comfyui/execution.py", line 344, in get_output_data',
    'File "/srv/comfyui/execution.py", line 318, in _async_map_node_over_list',
    'File "/srv/comfyui/execution.py", line 306, in process_inputs',
)


class Execution:
    """One run of one prompt."""

    def __init__(self, prompt: Prompt, environment: NodeEnvironment, sockets: Sockets, cache: Cache) -> None:
        self.prompt = prompt
        self.node_id: str | None = None
        self.halt = Halt()
        self.events = Events(sockets, prompt)
        self._environment = environment
        self._cache = cache
        self._graph: Graph = without_dangling_links(parse_graph(prompt.graph))
        self._signatures: dict[str, str] = {}
        self._made: dict[str, Made] = {}
        self._executed: list[str] = []
        self._outputs: dict[str, Json] = {}
        self._outcome = Outcome.LOST
        self._began = time.monotonic()

    async def run(self) -> Finished | None:
        """Run it. None if it is to leave no trace."""
        self.events.milestone("execution_start", {})
        await self._environment.timeline.note(Moment(prompt_id=self.prompt.id, stage=Stage.STARTED))
        try:
            await self._run_nodes()
        except Forgotten:
            return None
        except ComfyUIFault as fault:
            self._fail(fault)
        else:
            self._outcome = Outcome.SUCCESS
            self.events.milestone("execution_success", {})
        finally:
            self.node_id = None
        return self._finished()

    def summary(self) -> Run:
        """What tests count."""
        return Run(
            prompt_id=self.prompt.id,
            graph=self.prompt.graph,
            executed=tuple(self._executed),
            seconds=time.monotonic() - self._began,
            outcome=self._outcome,
        )

    async def _run_nodes(self) -> None:
        wanted = needed(self._graph, self.prompt.outputs)
        self._signatures = await asyncio.to_thread(sign, self._graph, wanted, self._environment.folders)
        self._cache.keep_only(self._signatures)
        cached = self._recall()
        self.events.milestone("execution_cached", {"nodes": cached})
        for node_id in cached:
            self._list_output(node_id, self._made[node_id])
        for node_id in order(self._graph, self.prompt.outputs, frozenset(cached)):
            await self._run_node(self._graph[node_id])

    def _recall(self) -> list[str]:
        for node_id, signature in self._signatures.items():
            if made := self._cache.get(signature):
                self._made[node_id] = made
        return [node_id for node_id in self._graph if node_id in self._made]

    async def _run_node(self, node: Node) -> None:
        self.node_id = node.id
        self.events.started(node.id)
        self.halt.check()
        made = await self._make(node)
        if made.ui is not None and self._environment.faults.take(Once.EMPTY_OUTPUT):
            made = Made()
        elif made.is_there:
            self._cache.put(self._signatures[node.id], made)
        self._made[node.id] = made
        self._list_output(node.id, made)
        if made.ui is None:
            self.events.finished(node.id)
        self._executed.append(node.id)

    async def _make(self, node: Node) -> Made:
        try:
            return await BEHAVIOURS.get(node.kind, settings)(self._work(node))
        except (ArithmeticError, LookupError, OSError, TypeError, ValueError, FFmpegError) as err:
            raise NodeFailed(type(err).__name__, f"{err}\n") from err  # as the original ends a prompt

    def _list_output(self, node_id: str, made: Made) -> None:
        if made.ui is not None:
            self._outputs[node_id] = made.ui
            self.events.output(node_id, made.ui)
            self.events.finished(node_id)

    def _work(self, node: Node) -> Work:
        before = {name: self._made[link.node].values[link.slot] for name, link in node.links()}
        return Work(
            node=node,
            inputs={**node.inputs, **before},
            prompt=self.prompt,
            environment=self._environment,
            events=self.events,
            halt=self.halt,
        )

    def _fail(self, fault: ComfyUIFault) -> None:
        node = self._graph[self.node_id] if self.node_id else Node(id="", kind="", inputs={})
        where: Json = {"node_id": node.id, "node_type": node.kind, "executed": list(self._executed)}
        if isinstance(fault, Interrupted):
            self._outcome = Outcome.INTERRUPTED
            self.events.milestone("execution_interrupted", where)
        elif isinstance(fault, NodeFailed):
            self._outcome = Outcome.ERROR
            self.events.milestone("execution_error", {**where, **self._describe(node, fault)})

    def _describe(self, node: Node, fault: NodeFailed) -> Json:
        links = {name: [f"<{self._graph[link.node].kind}>"] for name, link in node.links()}
        return {
            "exception_message": fault.message,
            "exception_type": fault.kind,
            "traceback": list(_TRACEBACK),
            "current_inputs": {**{name: [value] for name, value in node.inputs.items()}, **links},
            "current_outputs": list(self._graph),
        }

    def _finished(self) -> Finished:
        ids = ("node_id", "display_node", "real_node_id")
        meta = {n: {**dict.fromkeys(ids, n), "parent_node": None} for n in self._outputs}
        return Finished(
            prompt=self.prompt,
            outcome=self._outcome,
            outputs=self._outputs,
            meta=meta,
            messages=tuple(self.events.milestones),
        )
