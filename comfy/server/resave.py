"""A smaller file of the clip that a server has just made: its save node alone runs again, out of the cache.

A chance and never a need: ComfyUI keeps what the last prompt's nodes made, until another prompt comes.
Whatever is in the way, the first file still stands.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from pathlib import PurePath
from typing import Protocol

from comfy.errors import ComfyError
from comfy.protocol.files import OutputFile
from comfy.workflows.events import Done, Event, Node, Queued
from comfy.workflows.graph import Graph, fill

log = logging.getLogger(__name__)

LONGEST = 30.0  # seconds: meanwhile the server takes no other job
LONGEST_STOP = 10.0  # seconds
HALVING = 6  # this much more crf makes a file of h264 about half as large
SHARE = 0.8  # of the limit that is aimed at: clips differ
COARSEST = 34  # above it two passes of an encoder look better


class ResaveServer(Protocol):
    """What of a `Server` is needed to run a save node again."""

    @property
    def name(self) -> str: ...
    async def submit(self, prompt_id: str, graph: Graph) -> None: ...
    def follow(self, prompt_id: str, graph: Graph) -> AbstractAsyncContextManager[AsyncIterator[Event]]: ...
    async def cancel(self, prompt_id: str) -> None: ...
    async def size_of(self, file: OutputFile) -> int: ...
    async def forget(self, prompt_id: str) -> None: ...


async def resave_smaller(
    server: ResaveServer, prompt_id: str, graph: Graph, file: OutputFile, *, limit: int
) -> OutputFile | None:
    """A file of at most `limit` bytes of the clip `file`, by handing in its graph with a higher crf.

    To be called as soon as the job is done, before the next is handed in; `prompt_id` is an id of its own.
    None where the file fits, where the graph has no crf, and where anything goes wrong: nothing is raised.
    It is forgotten afterwards. Should this be cancelled or killed, `withdraw` cleans up.
    """
    if graph.crf is None:
        return None
    try:
        async with asyncio.timeout(LONGEST):
            size = await server.size_of(file)
            coarser = coarsen(graph, size, limit) if size > limit else None
            if coarser is None:
                return None
            smaller = await _save_again(server, prompt_id, coarser, like=file)
            return smaller if smaller and await server.size_of(smaller) <= limit else None
    except (ComfyError, TimeoutError) as err:
        log.warning("%s: no smaller file of a clip: %r", server.name, err)
        await cancel_resave(server, prompt_id)
        return None


async def cancel_resave(server: ResaveServer, prompt_id: str) -> None:
    """Stop such a rerun wherever it is, and let the server forget it. Raises nothing of the server's."""
    with suppress(ComfyError, TimeoutError):
        async with asyncio.timeout(LONGEST_STOP):
            await server.cancel(prompt_id)
            await server.forget(prompt_id)


def coarsen(graph: Graph, size: int, limit: int) -> Graph | None:
    """The graph with a crf so much higher that its file of `size` bytes will have about SHARE of `limit`.

    None where it has no crf, or where that would look bad.
    """
    crf = graph.nodes[graph.crf.node].inputs.get(graph.crf.input) if graph.crf else None
    if graph.crf is None or not isinstance(crf, int):
        return None
    coarser = crf + math.ceil(HALVING * math.log2(size / (SHARE * limit)))
    return replace(graph, nodes=fill(graph.nodes, [(graph.crf, coarser)])) if coarser <= COARSEST else None


async def _save_again(
    server: ResaveServer, prompt_id: str, graph: Graph, *, like: OutputFile
) -> OutputFile | None:
    done = await _run_warm(server, prompt_id, graph)
    await server.forget(prompt_id)
    ending = PurePath(like.filename).suffix
    return next((file for file in done.files if file.filename.endswith(ending)), None) if done else None


async def _run_warm(server: ResaveServer, prompt_id: str, graph: Graph) -> Done | None:
    """Run it out of the cache; stopped at once where the cache is cold, for that would sample again."""
    stopped = False
    async with server.follow(prompt_id, graph) as events:
        await server.submit(prompt_id, graph)
        async for event in events:
            if isinstance(event, Done):
                return event
            if _is_cold(event, graph) and not stopped:
                stopped = True
                await server.cancel(prompt_id)
    return None


def _is_cold(event: Event, graph: Graph) -> bool:
    """Whether another node than the last is at work, or somebody else's prompt comes before."""
    match event:
        case Node(node=node):
            return node != graph.output
        case Queued(ahead=ahead):
            return ahead > 0
        case _:
            return False
