"""The workflows that are offered: read again when their folders change, and when servers name new classes."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from comfy.errors import WorkflowInvalid
from comfy.protocol.object_info import NodeClasses
from comfy.workflows.files import SUFFIXES, LoadedWorkflows, read_workflows
from comfy.workflows.operator_settings import NO_SETTINGS, OperatorSettings, apply_settings
from comfy.workflows.partner_nodes import without_partner_nodes
from comfy.workflows.workflow import Workflow

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0  # between two looks at the folders
MAX_READINGS = 5  # one after another, while the folders change

Signature = frozenset[tuple[str, int, int]]
"""Each file of the folders: its path, size in bytes and time of change."""


class WorkflowCatalogue(Mapping[str, Workflow]):
    """The usable workflows by name in the order of preference; made by `open_catalogue`.

    `invalid`: what is wrong with each other one, which is logged once and left out.
    """

    def __init__(
        self,
        folders: tuple[Path, ...],
        settings: OperatorSettings,
        *,
        allow_partner_nodes: bool = False,
        optional: Path | None = None,
    ) -> None:
        self._folders = folders
        self._optional = optional
        self._settings = settings
        self._allow_partner_nodes = allow_partner_nodes
        self._loaded = LoadedWorkflows()
        self._signature: Signature = frozenset()
        self._node_classes: NodeClasses = {}
        self._learnt: NodeClasses = {}
        self._listeners: list[Callable[[], None]] = []

    @property
    def invalid(self) -> tuple[WorkflowInvalid, ...]:
        """What is wrong with the workflows that are left out."""
        return self._loaded.invalid

    @property
    def mistakes(self) -> tuple[str, ...]:
        """A sentence for each preference of the operator that cannot be kept."""
        return self._loaded.mistakes

    def __getitem__(self, name: str) -> Workflow:
        return self._loaded.workflows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded.workflows)

    def __len__(self) -> int:
        return len(self._loaded.workflows)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever the workflows have changed."""
        self._listeners.append(listener)

    def learn(self, node_classes: NodeClasses) -> None:
        """Take what a server says of its node classes: workflows of classes not recorded follow from it."""
        self._learnt = {**self._learnt, **node_classes}

    def load(self) -> None:
        """Read all workflows now, which takes some hundredths of a second; logs what changed."""
        self._take(*self._read())

    async def run(self) -> None:
        """Read them again whenever their folders or the known classes changed, as a task."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self._learnt != self._node_classes or await asyncio.to_thread(self._sign) != self._signature:
                self._take(*await asyncio.to_thread(self._read))

    def _read(self) -> tuple[Signature, NodeClasses, LoadedWorkflows]:
        """Read them, again where the folders changed meanwhile: half a pair may have been there."""
        before, found = self._sign(), self._read_once()
        for _ in range(MAX_READINGS - 1):
            if self._sign() == before:
                break
            before, found = self._sign(), self._read_once()
        return before, *found

    def _read_once(self) -> tuple[NodeClasses, LoadedWorkflows]:
        node_classes = self._learnt
        folders = [each for each in self._folders if each != self._optional or each.is_dir()]
        loaded = read_workflows(*folders, node_classes=node_classes)
        if not self._allow_partner_nodes:
            loaded = without_partner_nodes(loaded, node_classes)
        workflows, mistakes = apply_settings(loaded.workflows, self._settings, node_classes)
        loaded = replace(loaded, workflows=workflows, mistakes=tuple(mistakes))
        return node_classes, loaded

    def _take(self, signature: Signature, node_classes: NodeClasses, loaded: LoadedWorkflows) -> None:
        before, self._loaded = self._loaded, loaded
        self._signature, self._node_classes = signature, node_classes
        known = {str(err) for err in before.invalid}
        for err in loaded.invalid:
            if str(err) not in known:
                log.error("%s; it is left out, all others are offered", err)
        for mistake in loaded.mistakes:
            if mistake not in before.mistakes:
                log.error("%s", mistake)
        if before.workflows and before.workflows != loaded.workflows:
            _log_changes(before.workflows, loaded.workflows)
        if list(before.workflows.items()) != list(loaded.workflows.items()):
            for listener in self._listeners:
                listener()

    def _sign(self) -> Signature:
        return frozenset(each for folder in self._folders for each in _files_of(folder))


@asynccontextmanager
async def open_catalogue(
    *folders: Path,
    allow_partner_nodes: bool = False,
    settings: OperatorSettings = NO_SETTINGS,
    optional: Path | None = None,
) -> AsyncGenerator[WorkflowCatalogue]:
    """Load the workflows of these folders, and again whenever they change.

    Of two with one name the later folder's counts. `allow_partner_nodes`: whether graphs are offered that
    send their pictures to another company. `settings`: the operator's. `optional`: one of the folders that
    may be missing.
    """
    catalogue = WorkflowCatalogue(
        folders, settings, allow_partner_nodes=allow_partner_nodes, optional=optional
    )
    await asyncio.to_thread(catalogue.load)
    task = asyncio.create_task(catalogue.run(), name="workflow catalogue")
    try:
        yield catalogue
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _files_of(folder: Path) -> Iterator[tuple[str, int, int]]:
    with suppress(OSError):
        for file in folder.iterdir():
            if file.suffix.lower() in SUFFIXES:
                with suppress(OSError):
                    status = file.stat()
                    yield str(file), status.st_size, status.st_mtime_ns


def _log_changes(before: Mapping[str, Workflow], now: Mapping[str, Workflow]) -> None:
    for name in sorted(before.keys() - now.keys()):
        log.info("the workflow %s is gone", name)
    for name in sorted(now.keys() - before.keys()):
        log.info("the workflow %s is new", name)
    for name in sorted(name for name in before.keys() & now.keys() if before[name] != now[name]):
        log.info("the workflow %s was changed", name)
