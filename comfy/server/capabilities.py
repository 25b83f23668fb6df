"""Which workflows a server can run: asked at each reconnection, and when a refusal says we were wrong."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import stamina

from comfy.errors import ComfyError, ServerUnreachable, WorkflowInvalid
from comfy.protocol.object_info import NodeClasses, parse_object_info
from comfy.protocol.transport import INVENTORY, Transport
from comfy.workflows.adapt import MissingRequirement, ModelFiles, adapt, find_missing
from comfy.workflows.graph import NONE, Graph, build_graph
from comfy.workflows.workflow import Choice, Workflow

log = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE = 5  # seconds

Missing = Mapping[str, tuple[MissingRequirement, ...]]


class Capabilities:
    """`missing`: for each workflow what the server lacks, empty until it first answered. `run` is a task."""

    def __init__(
        self,
        transport: Transport,
        workflows: Mapping[str, Workflow],
        files: ModelFiles,
        on_change: Callable[[], None],
    ) -> None:
        self.missing: Missing = {}
        self.trouble: ComfyError | None = None
        self._fitted: Mapping[str, Workflow] = {}
        self._transport = transport
        self._workflows = workflows
        self._files = files
        self._on_change = on_change
        self._stale = asyncio.Event()

    @property
    def runnable(self) -> frozenset[str]:
        """The names of the workflows that lack nothing."""
        return frozenset(self._fitted)

    def choices(self, workflow: str) -> Mapping[str, Choice]:
        """What may be chosen for that workflow here; nothing where it cannot run."""
        return self._fitted[workflow].choices if workflow in self._fitted else {}

    def refresh(self) -> None:
        """Ask again soon."""
        self._stale.set()

    async def run(self) -> None:
        """Ask whenever something changed, and again after a failure."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_AFTER_FAILURE if self.trouble else None):
                    await self._stale.wait()
            self._stale.clear()
            try:
                self._learn(await self._ask())
                self.trouble = None
            except ComfyError as err:
                self._note(err)
            self._on_change()

    def build(
        self, workflow: str, values: Mapping[str, object], image: str, choices: Mapping[str, str] = NONE
    ) -> Graph:
        """The graph as this server wants it; see `build_graph`.

        Raises WorkflowInvalid; MissingModel or NodeMissing for a workflow that it cannot run;
        ServerUnreachable before it first answered.
        """
        if workflow not in self._workflows:
            raise WorkflowInvalid(workflow=workflow, reason="there is no such workflow")
        if not self.missing:
            raise ServerUnreachable(reason="not reached yet")
        for lack in self.missing[workflow]:
            raise replace(lack)  # an error raised twice would keep the tracebacks of both
        return build_graph(self._fitted[workflow], values, image, choices)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def _ask(self) -> NodeClasses:
        classes = {
            node.class_type for workflow in self._workflows.values() for node in workflow.nodes.values()
        }
        return parse_object_info(await self._transport.get("object_info", INVENTORY), classes)

    def _learn(self, catalogue: NodeClasses) -> None:
        self.missing = {
            name: find_missing(workflow, catalogue, self._files) for name, workflow in self._workflows.items()
        }
        self._fitted = {
            name: adapt(self._workflows[name], catalogue, self._files)
            for name, lacks in self.missing.items()
            if not lacks
        }
        for name, lacks in self.missing.items():
            log.info("%s: workflow %s: %s", self._transport.name, name, "; ".join(map(str, lacks)) or "runs")

    def _note(self, trouble: ComfyError) -> None:
        if str(trouble) != str(self.trouble):
            log.warning("%s: what it can run is not known: %s", self._transport.name, trouble)
        self.trouble = trouble
