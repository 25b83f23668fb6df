"""Which workflows a server can run: read from /object_info at each connection and after a rejected graph."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import stamina

from comfy.errors import ComfyError, ServerUnreachable, WorkflowInvalid
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.object_info import NodeClasses
from comfy.workflows.adapt import MissingRequirement, ModelFiles, adapt, find_missing
from comfy.workflows.graph import NO_CHOICES, Graph, build_graph
from comfy.workflows.workflow import Choice, Workflow, used_classes

log = logging.getLogger(__name__)

RETRY_SECONDS = 5

Missing = Mapping[str, tuple[MissingRequirement, ...]]


class Capabilities:
    """`missing`: for each workflow what the server lacks, empty until it first answered.

    `error`: why the last request failed. `run` is its task.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        workflows: Mapping[str, Workflow],
        files: ModelFiles,
        on_change: Callable[[], None],
        *,
        name: str,
    ) -> None:
        """`name`: what logs call the server."""
        self.missing: Missing = {}
        self.error: ComfyError | None = None
        self._adapted: Mapping[str, Workflow] = {}
        self._endpoints = endpoints
        self._workflows = workflows
        self._files = files
        self._on_change = on_change
        self._name = name
        self._stale = asyncio.Event()

    @property
    def runnable(self) -> frozenset[str]:
        """The names of the workflows that lack nothing."""
        return frozenset(self._adapted)

    def choices(self, workflow: str) -> Mapping[str, Choice]:
        """What may be chosen for that workflow here; nothing where it cannot run."""
        return self._adapted[workflow].choices if workflow in self._adapted else {}

    def refresh(self) -> None:
        """Read them again soon."""
        self._stale.set()

    async def run(self) -> None:
        """Read them after each `refresh`, and again after a failure, as a task."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_SECONDS if self.error else None):
                    await self._stale.wait()
            self._stale.clear()
            try:
                self._update(await self._request())
                self.error = None
            except ComfyError as err:
                self._set_error(err)
            self._on_change()

    def build(
        self, workflow: str, values: Mapping[str, object], image: str, choices: Mapping[str, str] = NO_CHOICES
    ) -> Graph:
        """The graph, adapted to this server; see `build_graph`.

        Raises WorkflowInvalid; MissingModel or NodeMissing for a workflow that it cannot run;
        ServerUnreachable before it first answered.
        """
        if workflow not in self._workflows:
            raise WorkflowInvalid(workflow=workflow, reason="there is no such workflow")
        if not self.missing:
            raise ServerUnreachable(reason="not reached yet")
        for missing in self.missing[workflow]:
            raise replace(missing)  # an error raised twice would keep the tracebacks of both
        return build_graph(self._adapted[workflow], values, image, choices)

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def _request(self) -> NodeClasses:
        return await self._endpoints.node_classes(used_classes(self._workflows.values()))

    def _update(self, node_classes: NodeClasses) -> None:
        self.missing = {
            name: find_missing(workflow, node_classes, self._files)
            for name, workflow in self._workflows.items()
        }
        self._adapted = {
            name: adapt(self._workflows[name], node_classes, self._files)
            for name, missing in self.missing.items()
            if not missing
        }
        for name, missing in self.missing.items():
            log.info("%s: workflow %s: %s", self._name, name, "; ".join(map(str, missing)) or "runs")

    def _set_error(self, error: ComfyError) -> None:
        if str(error) != str(self.error):
            log.warning("%s: what it can run is not known: %s", self._name, error)
        self.error = error
