"""Which workflows a server can run: read from /object_info at each connection, and again now and then."""

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import stamina

from comfy.errors import ComfyError, ServerUnreachable, TokenRefused, WorkflowInvalid
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.object_info import NodeClasses
from comfy.workflows.adapt import MissingRequirement, ModelFiles, adapt, find_missing
from comfy.workflows.needed_nodes import used_classes
from comfy.workflows.workflow import Choice, Workflow

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
MIN_REFRESH_FRACTION = 1 / 12  # of the seconds between two requests: what `ask` leaves at least

Missing = Mapping[str, tuple[MissingRequirement, ...]]


class Capabilities:
    """`missing`: for each workflow what the server lacks, empty until it first answered.

    `answered_at`: when it last answered, in Unix seconds. `error`: why the last request failed. `run` is its
    task.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        workflows: Mapping[str, Workflow],
        files: ModelFiles,
        on_change: Callable[[], None],
        *,
        name: str,
        refresh_seconds: float = 60,
        on_classes: Callable[[NodeClasses], None] = lambda _: None,
    ) -> None:
        """`name`: what logs call the server; `on_classes` gets what it says of its node classes."""
        self.missing: Missing = {}
        self.answered_at: float | None = None
        self.error: ComfyError | None = None
        self._node_classes: NodeClasses = {}
        self._seen: Mapping[str, Workflow] = {}  # the workflows at the last answer
        self._on_classes = on_classes
        self._adapted: Mapping[str, Workflow] = {}
        self._endpoints = endpoints
        self._workflows = workflows
        self._files = files
        self._on_change = on_change
        self._name = name
        self._refresh_seconds = refresh_seconds
        self._whole = True
        self._due = self._asked = -math.inf  # of the monotonic clock
        self._wake = asyncio.Event()
        self._next_end = asyncio.Event()
        self.pause()

    @property
    def runnable(self) -> frozenset[str]:
        """The names of the workflows that lack nothing."""
        return frozenset(self._adapted)

    def choices(self, workflow: str) -> Mapping[str, Choice]:
        """What may be chosen for that workflow here, LoRAs too; nothing where it cannot run."""
        return self._adapted[workflow].offered if workflow in self._adapted else {}

    def refresh(self, *, whole: bool = False) -> None:
        """Read them again soon; `whole`: in one request, since the server may have been started anew."""
        self._whole = self._whole or whole
        self._ask_within(0)

    async def ask(self) -> None:
        """Read them again, unless that was begun a moment ago; returns when it succeeded or failed."""
        if time.monotonic() - self._asked >= self._refresh_seconds * MIN_REFRESH_FRACTION:
            ended = self._next_end
            self._ask_within(0)
            await ended.wait()

    def pause(self) -> None:
        """Read nothing until the next `refresh`: the server is not connected."""
        self._due = math.inf
        self._end_round()

    def fail(self, error: TokenRefused) -> None:
        """Record that another request was refused. Its token is tried again after RETRY_SECONDS."""
        self._set_error(error)
        self._ask_within(RETRY_SECONDS)

    async def run(self) -> None:
        """Read them whenever that is due, as a task."""
        while True:
            await self._wait_until_due()
            self._asked = time.monotonic()
            self._due = self._asked + self._refresh_seconds * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
            try:
                self._record(await self._request())
            except ComfyError as err:
                self._set_error(err)
                self._ask_within(RETRY_SECONDS)
            self._end_round()
            self._on_change()

    def adapted(self, workflow: str) -> Workflow:
        """The workflow, adapted to this server.

        Raises WorkflowInvalid; MissingModel or NodeMissing for a workflow that it cannot run;
        ServerUnreachable before it first answered.
        """
        if workflow not in self._workflows:
            raise WorkflowInvalid(workflow=workflow, reason="there is no such workflow")
        if self.answered_at is None or workflow not in self._seen:
            raise ServerUnreachable(reason="it has not said yet whether it can run this")
        for missing in self.missing[workflow]:
            raise replace(missing)  # an error raised twice would keep the tracebacks of both
        return self._adapted[workflow]

    def _ask_within(self, seconds: float) -> None:
        self._due = min(self._due, time.monotonic() + seconds)
        self._wake.set()

    async def _wait_until_due(self) -> None:
        while (wait := self._due - time.monotonic()) > 0:
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait if math.isfinite(wait) else None):
                    await self._wake.wait()

    def _end_round(self) -> None:
        self._next_end.set()
        self._next_end = asyncio.Event()

    @stamina.retry(on=ServerUnreachable, attempts=3)
    async def _request(self) -> NodeClasses:
        names = used_classes(self._workflows.values())
        if self._whole:
            return await self._endpoints.node_classes(names)
        return await self._endpoints.node_classes_one_by_one(names)

    def _record(self, node_classes: NodeClasses) -> None:
        if self.answered_at is None or node_classes != self._node_classes or self._seen != self._workflows:
            self._update(node_classes)
        self.answered_at = time.time()
        self.error, self._whole = None, False

    def _update(self, node_classes: NodeClasses) -> None:
        before, loras = _describe(self.missing), _count_loras(self._adapted)
        self._node_classes, self._seen = node_classes, dict(self._workflows)
        self._on_classes(node_classes)
        self.missing = {
            name: find_missing(workflow, node_classes, self._files) for name, workflow in self._seen.items()
        }
        self._adapted = {
            name: adapt(self._seen[name], node_classes, self._files)
            for name, missing in self.missing.items()
            if not missing
        }
        for name, lacks in _describe(self.missing).items():
            if lacks != before.get(name):
                # Most servers lack most models: only what comes or goes is worth a line.
                level = logging.DEBUG if lacks and before.get(name) != "" else logging.INFO
                log.log(level, "%s: workflow %s: %s", self._name, name, lacks or "runs")
        for name, count in _count_loras(self._adapted).items():
            if count != loras.get(name):
                log.info("%s: workflow %s: %d LoRAs match its patterns", self._name, name, count)

    def _set_error(self, error: ComfyError) -> None:
        changed = str(error) != str(self.error)
        self.error = error
        if changed:
            log.warning("%s: what it can run is not known: %s", self._name, error)
            self._on_change()


def _describe(missing: Missing) -> Mapping[str, str]:
    return {name: "; ".join(map(str, lacks)) for name, lacks in missing.items()}


def _count_loras(workflows: Mapping[str, Workflow]) -> Mapping[str, int]:
    return {name: len(each.loras.files) for name, each in workflows.items() if each.loras}
