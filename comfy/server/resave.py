"""Make a smaller file of the clip that a server has just made: its save node runs again from the cache.

Only an attempt: ComfyUI caches the results of the last prompt's nodes until another prompt runs. Where it
fails, the first file is still there.
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
from comfy.protocol.responses import Done
from comfy.workflows.events import Event, Node, Queued
from comfy.workflows.graph import Graph, fill

log = logging.getLogger(__name__)

RESAVE_TIMEOUT = 30.0  # seconds: meanwhile the server takes no other job
CANCEL_TIMEOUT = 10.0  # seconds
CRF_TO_HALVE = 6  # this much more crf makes a file of h264 about half as large
TARGET_SHARE = 0.8  # of the limit: clips differ
MAX_CRF = 34  # above it two passes of an encoder look better


class ResaveServer(Protocol):
    """What of a `Server` is needed to run a save node again."""

    @property
    def name(self) -> str: ...
    async def submit(self, prompt_id: str, graph: Graph) -> None: ...
    def follow(self, prompt_id: str, graph: Graph) -> AbstractAsyncContextManager[AsyncIterator[Event]]: ...
    async def cancel(self, prompt_id: str) -> None: ...
    async def size_of(self, file: OutputFile) -> int: ...
    async def forget(self, prompt_id: str) -> bool: ...


async def resave_smaller(
    server: ResaveServer, prompt_id: str, graph: Graph, file: OutputFile, *, limit: int
) -> OutputFile | None:
    """Submit the graph of the clip `file` again with a higher crf, for a file of at most `limit` bytes.

    Call it as soon as the job is done, before the next is submitted; `prompt_id` is a new id. Returns None
    where the file fits, where the graph has no crf, and where anything goes wrong: it raises nothing.
    The prompt is deleted from the history. If this is cancelled or killed, `cancel_resave` cleans up.
    """
    if graph.crf is None:
        return None
    try:
        async with asyncio.timeout(RESAVE_TIMEOUT):
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
    """Cancel such a prompt wherever it is, and delete it from the history. Raises no ComfyError."""
    with suppress(ComfyError, TimeoutError):
        async with asyncio.timeout(CANCEL_TIMEOUT):
            await server.cancel(prompt_id)
            await server.forget(prompt_id)


def coarsen(graph: Graph, size: int, limit: int) -> Graph | None:
    """Raise the crf of a graph whose file has `size` bytes, for about TARGET_SHARE of `limit`.

    None where it has no crf, or where that would look bad.
    """
    crf = graph.nodes[graph.crf.node].inputs.get(graph.crf.input) if graph.crf else None
    if graph.crf is None or not isinstance(crf, int):
        return None
    coarser = crf + math.ceil(CRF_TO_HALVE * math.log2(size / (TARGET_SHARE * limit)))
    return replace(graph, nodes=fill(graph.nodes, [(graph.crf, coarser)])) if coarser <= MAX_CRF else None


async def _save_again(
    server: ResaveServer, prompt_id: str, graph: Graph, *, like: OutputFile
) -> OutputFile | None:
    done = await _run_from_cache(server, prompt_id, graph)
    await server.forget(prompt_id)
    suffix = PurePath(like.filename).suffix
    return next((file for file in done.files if file.filename.endswith(suffix)), None) if done else None


async def _run_from_cache(server: ResaveServer, prompt_id: str, graph: Graph) -> Done | None:
    """Run it, but cancel it at once where the cache is empty, for that would sample again."""
    cancelled = False
    async with server.follow(prompt_id, graph) as events:
        await server.submit(prompt_id, graph)
        async for event in events:
            if isinstance(event, Done):
                return event
            if _is_not_cached(event, graph) and not cancelled:
                cancelled = True
                await server.cancel(prompt_id)
    return None


def _is_not_cached(event: Event, graph: Graph) -> bool:
    """Whether another node than the output runs, or another prompt, which empties the cache, runs before."""
    match event:
        case Node(node=node):
            return node != graph.output
        case Queued(ahead=ahead):
            return ahead > 0
        case _:
            return False
