"""Run one prompt from execution_start to its end: nodes in order, cached results, events and history."""

import asyncio
import time

from av.error import FFmpegError

from playground.comfyui.errors import ComfyUIFault, Forgotten, Interrupted, NodeFailed
from playground.comfyui.execution.cache import Cache, NodeResult, sign
from playground.comfyui.execution.events import Events
from playground.comfyui.execution.node_environment import NodeEnvironment, NodeRun, StopSignal
from playground.comfyui.execution.nodes.behaviours import behaviour_of, samples
from playground.comfyui.execution.nodes.primitives import wanted_of
from playground.comfyui.execution.schedule import Schedule
from playground.comfyui.faults import OneTimeFault
from playground.comfyui.graph import Graph, Json, Link, Node, needed, parse_graph, without_dangling_links
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
        self.stop_signal = StopSignal()
        self.events = Events(sockets, prompt)
        self._environment = environment
        self._classes = environment.node_classes
        self._cache = cache
        self._graph: Graph = without_dangling_links(parse_graph(prompt.graph))
        self._signatures: dict[str, str] = {}
        self._made: dict[str, NodeResult] = {}
        self._executed: list[str] = []
        self._outputs: dict[str, Json] = {}
        self._outcome = Outcome.LOST
        self._began = time.monotonic()

    async def run(self) -> Finished | None:
        """Run all nodes. None if the prompt was forgotten and history is to have no entry."""
        self.events.record("execution_start", {})
        await self._environment.timeline.record(Moment(prompt_id=self.prompt.id, stage=Stage.STARTED))
        try:
            await self._run_nodes()
        except Forgotten:
            return None
        except ComfyUIFault as fault:
            self._fail(fault)
        else:
            self._outcome = Outcome.SUCCESS
            self.events.record("execution_success", {})
        finally:
            self.node_id = None
        return self._finished()

    def summary(self) -> Run:
        """The summary that `ComfyUI.runs` lists."""
        return Run(
            prompt_id=self.prompt.id,
            graph=self.prompt.graph,
            executed=tuple(self._executed),
            seconds=time.monotonic() - self._began,
            outcome=self._outcome,
            sampled=any(samples(self._graph[node_id].kind, self._classes) for node_id in self._executed),
        )

    async def _run_nodes(self) -> None:
        wanted = needed(self._graph, self.prompt.outputs)
        self._signatures = await asyncio.to_thread(sign, self._graph, wanted, self._environment.folders)
        self._cache.keep_only(self._signatures)
        cached = self._recall()
        self.events.record("execution_cached", {"nodes": cached})
        for node_id in cached:
            self._list_output(node_id, self._made[node_id])
        schedule = Schedule(self._graph, self.prompt.outputs, set(cached), self._is_lazy)
        while (node_id := schedule.next()) is not None:
            asked = await self._run_node(self._graph[node_id])
            for link in asked:
                schedule.ask(node_id, link)
            if not asked:
                schedule.finish(node_id)

    def _recall(self) -> list[str]:
        for node_id, signature in self._signatures.items():
            if result := self._cache.get(signature):
                self._made[node_id] = result
        return [node_id for node_id in self._graph if node_id in self._made]

    async def _run_node(self, node: Node) -> list[Link]:
        """Run a node; or the links that it asks for first."""
        self.node_id = node.id
        self.events.started(node.id)
        self.stop_signal.check()
        if asked := self._asked(node):
            return asked
        result = await self._make(node)
        if result.ui is not None and self._environment.faults.take(OneTimeFault.EMPTY_OUTPUT):
            result = NodeResult()
        elif result.is_there:
            self._cache.put(self._signatures[node.id], result)
        self._made[node.id] = result
        self._list_output(node.id, result)
        if result.ui is None:
            self.events.finished(node.id)
        self._executed.append(node.id)
        return []

    def _is_lazy(self, node: Node, name: str) -> bool:
        return name in self._classes.lazy_inputs(node.kind)

    def _asked(self, node: Node) -> list[Link]:
        """What the lazy inputs of a node are linked to and it needs: a switch needs one of them."""
        lazy = {name: link for name, link in node.links() if self._is_lazy(node, name)}
        wanted = wanted_of(self._resolved(node))
        needed_links = [lazy[wanted]] if wanted in lazy else [] if wanted in node.inputs else lazy.values()
        return [link for link in needed_links if link.node not in self._made]

    async def _make(self, node: Node) -> NodeResult:
        try:
            return await behaviour_of(node.kind, self._classes)(self._node_run(node))
        except (ArithmeticError, LookupError, OSError, TypeError, ValueError, FFmpegError) as err:
            raise NodeFailed(type(err).__name__, f"{err}\n") from err  # as the original ends a prompt

    def _list_output(self, node_id: str, result: NodeResult) -> None:
        if result.ui is not None:
            self._outputs[node_id] = result.ui
            self.events.output(node_id, result.ui)
            self.events.finished(node_id)

    def _node_run(self, node: Node) -> NodeRun:
        return NodeRun(
            node=node,
            inputs=self._resolved(node),
            prompt=self.prompt,
            environment=self._environment,
            events=self.events,
            stop_signal=self.stop_signal,
        )

    def _resolved(self, node: Node) -> Json:
        """A node's inputs, with each link replaced by what it brought if it was asked for."""
        links = dict(node.links())
        plain = {name: value for name, value in node.inputs.items() if name not in links}
        made = {name: link for name, link in links.items() if link.node in self._made}
        return {**plain, **{name: self._made[link.node].values[link.slot] for name, link in made.items()}}

    def _fail(self, fault: ComfyUIFault) -> None:
        node = self._graph[self.node_id] if self.node_id else Node(id="", kind="", inputs={})
        where: Json = {"node_id": node.id, "node_type": node.kind, "executed": list(self._executed)}
        if isinstance(fault, Interrupted):
            self._outcome = Outcome.INTERRUPTED
            self.events.record("execution_interrupted", where)
        elif isinstance(fault, NodeFailed):
            self._outcome = Outcome.ERROR
            self.events.record("execution_error", {**where, **self._describe(node, fault)})

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
            messages=tuple(self.events.recorded),
        )
