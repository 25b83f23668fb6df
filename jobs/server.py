"""What jobs/ needs of a ComfyUI server: `comfy.Server` on a socket, a scripted one in tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
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
    """One server that makes clips.

    Whatever asks the server raises ServerUnreachable, TokenRefused, TooLarge or BadAnswer (all ComfyError)
    besides what is named below; `forget` raises nothing.
    """

    @property
    def name(self) -> str:
        """The name that rows and logs have for it."""
        ...

    @property
    def reachable(self) -> bool:
        """Whether it answers and has said what it can run."""
        ...

    @property
    def live(self) -> bool:
        """Whether it tells of steps and previews; else a job's start and end are all that is seen."""
        ...

    @property
    def connection_epoch(self) -> int:
        """Another number each time it came back: uploads, queue and history may be empty then."""
        ...

    @property
    def runnable(self) -> frozenset[str]:
        """The names of the workflows that it can run; none before it first answered."""
        ...

    @property
    def missing(self) -> Mapping[str, Sequence[comfy.MissingRequirement]]:
        """For each workflow what it lacks to run it; empty before it first answered."""
        ...

    @property
    def answered_at(self) -> float | None:
        """When it last said what it can run, in Unix seconds; None before it first answered."""
        ...

    @property
    def unavailable_reason(self) -> comfy.UnavailableReason | None:
        """Why it takes no job at the moment."""
        ...

    @property
    def availability(self) -> ServerLoad:
        """What else it has to do."""
        ...

    async def ready(self) -> None:
        """Wait until it takes jobs."""
        ...

    async def changed(self) -> None:
        """Wait for the next change of anything above."""
        ...

    async def refresh(self) -> None:
        """Ask it what it can run, unless that was done a few seconds ago.

        Returns when it has answered or failed, at once where it is not connected. Raises nothing.
        """
        ...

    def choices(self, workflow: str) -> Mapping[str, comfy.Choice]:
        """What may be chosen for that workflow here, by name; nothing where it cannot run.

        Under `comfy.LORA_CHOICE` the LoRAs that it has.
        """
        ...

    def build(
        self,
        workflow: str,
        values: Mapping[str, object],
        image: str,
        choices: Mapping[str, str] = ...,
        *,
        preset: str = ...,
        last_image: str | None = ...,
        loras: Mapping[str, float] = ...,
    ) -> comfy.Graph:
        """The workflow filled with a job's values, its uploaded pictures, preset, choices and LoRAs.

        Raises WorkflowInvalid, MissingModel, NodeMissing, ServerUnreachable (it never answered).
        """
        ...

    async def upload(self, picture: bytes, *, name: str) -> str:
        """Upload a PNG; returns how LoadImage refers to it.

        The same bytes under one name are kept once, other bytes get another reference.
        """
        ...

    async def submit(self, prompt_id: str, graph: comfy.Graph, *, tries: int = ...) -> None:
        """Queue a job under our own id, a lowercase UUID. The same id twice would run twice.

        Raises GraphRejected, with the class LoadImage where the picture is gone, ServerTooOld, and
        SubmissionFailed where the server answered it 5xx `tries` times, and has not taken it.
        """
        ...

    async def resume(self, prompt_id: str, graph: comfy.Graph, *, tries: int = ...) -> None:
        """Queue a job unless it waits, runs or has ended there already. Raises as `submit` does."""
        ...

    def follow(
        self, prompt_id: str, graph: comfy.Graph
    ) -> AbstractAsyncContextManager[AsyncIterator[comfy.Event]]:
        """The job's events, up to and with the one that ends it: Done, Failed or Interrupted.

        Enter it before `submit`, iterate after it. A job that an earlier process queued can be followed as
        well; one that has ended gives its end alone. Iterating raises JobLost where the server has the job
        no more.
        """
        ...

    async def locate(self, prompt_id: str, *, output: str | None = None) -> comfy.JobPosition | None:
        """Where the job is, None when nowhere. Its files are those of the node `output`, or of all."""
        ...

    async def cancel(self, prompt_id: str) -> None:
        """Stop the job whether it waits or runs: it ends as Interrupted. Stops nothing else."""
        ...

    async def download(self, file: comfy.OutputFile, to: Path, *, limit: int) -> None:
        """Write a file of at most `limit` bytes to `to`, whole or not at all.

        Raises TooLarge, JobLost when the file is gone, BadAnswer when it is no moving picture, OSError.
        """
        ...

    async def size_of(self, file: comfy.OutputFile) -> int:
        """How many bytes a file has. Raises JobLost when it is gone."""
        ...

    async def overwrite(self, file: comfy.OutputFile) -> None:
        """Replace the bytes of a temp file, which nothing deletes. Failures are logged."""
        ...

    async def forget(self, prompt_id: str) -> bool:
        """Delete the job from the server's history; whether that worked. Failures are logged."""
        ...

    async def owned_history(self) -> Collection[str]:
        """The ids of our own prompts that ended and are in the server's history, the newest of them."""
        ...


async def refresh_all(servers: Sequence[ComputeServer], *, seconds: float) -> None:
    """Ask all of them again what they can run, and wait for that, but no longer than this."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
            for server in servers:
                tasks.create_task(server.refresh(), name=f"asking {server.name}")
