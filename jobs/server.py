"""What the worker needs of a server that computes; `comfy.Server` is one, tests have a scripted one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import comfy


class ServerLoad(Protocol):
    """What else a server has to do."""

    @property
    def others(self) -> int:
        """Prompts in its queue that are not ours."""
        ...

    @property
    def loaded(self) -> str | None:
        """The workflow whose models it has in memory."""
        ...


class ComputeServer(Protocol):
    """One server that makes clips. The semantics and errors of each method are those of `comfy.Server`."""

    @property
    def name(self) -> str:
        """How rows and logs call it."""
        ...

    @property
    def reachable(self) -> bool:
        """Whether it can be talked to."""
        ...

    @property
    def connection_epoch(self) -> int:
        """A number that changes when uploads may be gone."""
        ...

    @property
    def runnable(self) -> frozenset[str]:
        """The workflows that it can run."""
        ...

    @property
    def availability(self) -> ServerLoad:
        """What else it has to do."""
        ...

    async def ready(self) -> None:
        """Wait until it takes jobs."""
        ...

    def choices(self, workflow: str) -> Mapping[str, comfy.Choice]:
        """What may be chosen for that workflow here."""
        ...

    def build(
        self, workflow: str, values: Mapping[str, object], image: str, choices: Mapping[str, str] = ...
    ) -> comfy.Graph:
        """A graph filled with a job's values."""
        ...

    async def upload(self, picture: bytes, *, name: str) -> str:
        """Send a picture; how LoadImage refers to it."""
        ...

    async def submit(self, prompt_id: str, graph: comfy.Graph) -> None:
        """Queue a job there."""
        ...

    async def resume(self, prompt_id: str, graph: comfy.Graph) -> None:
        """Queue a job there unless it is there already."""
        ...

    def follow(
        self, prompt_id: str, graph: comfy.Graph
    ) -> AbstractAsyncContextManager[AsyncIterator[comfy.Event]]:
        """The job's events, up to and with its end."""
        ...

    async def locate(self, prompt_id: str, *, output: str | None = None) -> comfy.JobPosition | None:
        """Where the job is; None when nowhere."""
        ...

    async def cancel(self, prompt_id: str) -> None:
        """Stop the job wherever it is."""
        ...

    async def download(self, file: comfy.OutputFile, to: Path, *, limit: int) -> None:
        """Bring a file of at most `limit` bytes to disk, whole or not at all."""
        ...

    async def size_of(self, file: comfy.OutputFile) -> int:
        """How many bytes a file has."""
        ...

    async def forget(self, prompt_id: str) -> None:
        """Delete the job from the server's history. Failures are logged."""
        ...
