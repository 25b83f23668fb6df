"""ComfyUI's HTTP endpoints: one method for each, typed values in and out, nothing retried."""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from comfy.errors import BadAnswer, GraphRejected, JobLost, TooLarge
from comfy.protocol.files import AtomicDownload, OutputFile
from comfy.protocol.json_values import MAX_INLINE_BYTES, as_mapping, as_text, parse_large_json
from comfy.protocol.object_info import NodeClasses, parse_all_classes, parse_object_info
from comfy.protocol.queue import OWNER, ServerQueue, parse_owned, parse_queue
from comfy.protocol.responses import (
    Finished,
    parse_history,
    parse_node_faults,
    parse_rejection,
    parse_rejections,
)
from comfy.protocol.system_stats import SystemStats, parse_system_stats
from comfy.protocol.transport import (
    CHUNK_BYTES,
    OBJECT_INFO_TIMEOUT,
    REQUEST_TIMEOUT,
    TRANSFER_TIMEOUT,
    HttpResponse,
    Transport,
)

ERASED = b"erased"  # what is left of a file that was overwritten
UPLOAD_SUBFOLDER = "animate"  # of the server's temp folder
# Of the answers, in bytes; the others have at most MAX_RESPONSE_BYTES.
OBJECT_INFO_LIMIT = 16 * 2**20  # a server with many nodes sends a few million
NODE_CLASS_LIMIT = 4 * 2**20  # its dropdowns name every file of their folders
QUEUE_LIMIT = 8 * 2**20  # it holds all prompts whole
HISTORY_LIMIT = 8 * 2**20  # a fault carries the node's inputs as text
MAX_HISTORY, FEW_OF_HISTORY = 64, 8  # entries: each holds a whole prompt, of whoever sent it
PROMPT_LIMIT = 4 * 2**20  # a refusal names the entries of the dropdown
UPLOAD_LIMIT = MAX_INLINE_BYTES
MAX_SIZE_DIGITS = 15  # of a file
EXTRA_DATA = {
    "preview_method": "auto",
    # Else VideoHelperSuite writes the whole prompt into a PNG beside the clip, whatever save_metadata says.
    "extra_pnginfo": {"workflow": {"extra": {"VHS_MetadataImage": False}}},
}


class Endpoints:
    """Every method raises ServerUnreachable, TokenRefused, TooLarge or BadAnswer.

    `owner` is sent with each prompt, so that the queue shows which prompts are ours.
    """

    def __init__(self, transport: Transport, *, owner: str) -> None:
        self._transport = transport
        self._owner = owner

    async def upload(self, picture: bytes, name: str) -> str:
        """`POST /upload/image` into the temp folder; returns the reference that LoadImage takes."""
        form = aiohttp.FormData({"type": "temp", "subfolder": UPLOAD_SUBFOLDER})
        form.add_field("image", picture, filename=name, content_type="application/octet-stream")
        response = await self._transport.post("upload/image", TRANSFER_TIMEOUT, limit=UPLOAD_LIMIT, data=form)
        saved = as_mapping(response.json())
        name, subfolder, kind = (as_text(saved.get(key), key) for key in ("name", "subfolder", "type"))
        return f"{subfolder}/{name} [{kind}]"

    async def overwrite(self, file: OutputFile) -> None:
        """`POST /upload/image` in place of a file: there is no call that deletes one."""
        fields = {"type": file.type, "subfolder": file.subfolder, "overwrite": "true"}
        form = aiohttp.FormData(fields)
        form.add_field("image", ERASED, filename=file.filename, content_type="application/octet-stream")
        response = await self._transport.post("upload/image", data=form)
        response.json()

    async def submit(
        self, prompt_id: str, nodes: Mapping[str, object], client_id: str
    ) -> tuple[str, GraphRejected | None]:
        """`POST /prompt` with a graph in API format: the id under which it is queued, and the first fault.

        A fault beside an id: only a part of the graph will run. Raises GraphRejected when nothing is queued.
        """
        response = await self._post_prompt(prompt_id, nodes, client_id)
        if response.status == 400:
            raise parse_rejection(await parse_large_json(response.body))
        accepted = as_mapping(await response.load())
        faults = parse_node_faults(accepted.get("node_errors"))
        return as_text(accepted.get("prompt_id")), next(iter(faults), None)

    async def find_faults(
        self, prompt_id: str, nodes: Mapping[str, object]
    ) -> Sequence[GraphRejected] | None:
        """`POST /prompt` with a graph that cannot be queued: all its faults; None where it was queued."""
        response = await self._post_prompt(prompt_id, nodes, self._owner)
        if response.status == 400:
            return parse_rejections(await parse_large_json(response.body))
        response.json()
        return None

    async def queue(self) -> ServerQueue:
        """`GET /queue`."""
        return parse_queue(await self._transport.get("queue", limit=QUEUE_LIMIT))

    async def outcome(self, prompt_id: str, output: str | None) -> Finished | None:
        """`GET /history/ID`: how a job ended, with the files of the node `output` or of all nodes."""
        history = await self._transport.get(f"history/{prompt_id}", limit=HISTORY_LIMIT)
        outcome = parse_history(history, prompt_id, output)
        return Finished(outcome=outcome) if outcome else None

    async def owned_history(self) -> tuple[str, ...]:
        """`GET /history`: the ids of the owner's prompts among the newest that ended."""
        try:
            history = await self._transport.get(f"history?max_items={MAX_HISTORY}", limit=HISTORY_LIMIT)
        except TooLarge:
            history = await self._transport.get(f"history?max_items={FEW_OF_HISTORY}", limit=HISTORY_LIMIT)
        return parse_owned(history, self._owner)

    async def system_stats(self) -> SystemStats:
        """`GET /system_stats`, with the time that it took."""
        started = time.monotonic()
        stats = await self._transport.get("system_stats")
        return parse_system_stats(stats, time.monotonic() - started)

    async def clock(self) -> float | None:
        """The server's own time in Unix seconds, from the Date header; None where a gateway leaves it out."""
        async with self._transport.request("GET", "features", timeout=REQUEST_TIMEOUT) as response:
            date = response.headers.get("Date", "")
        with suppress(ValueError):
            return parsedate_to_datetime(date).timestamp()
        return None

    async def node_classes(self, names: Collection[str]) -> NodeClasses:
        """`GET /object_info`, of which these classes are kept; those not installed are left out."""
        answer = await self._transport.get("object_info", OBJECT_INFO_TIMEOUT, limit=OBJECT_INFO_LIMIT)
        return parse_object_info(answer, names)

    async def all_node_classes(self) -> NodeClasses:
        """`GET /object_info`: every class that is installed."""
        answer = await self._transport.get("object_info", OBJECT_INFO_TIMEOUT, limit=OBJECT_INFO_LIMIT)
        return await asyncio.to_thread(parse_all_classes, answer)

    async def node_classes_one_by_one(self, names: Collection[str]) -> NodeClasses:
        """`GET /object_info/CLASS` for each of these: as `node_classes`, a hundredth of the server's work."""
        found: dict[str, object] = {}
        for name in sorted(names):
            path = f"object_info/{quote(name, safe='')}"
            answer = await self._transport.get(path, OBJECT_INFO_TIMEOUT, limit=NODE_CLASS_LIMIT)
            found |= {key: value for key, value in as_mapping(answer, "object_info").items() if key == name}
        return parse_object_info(found, names)

    async def features(self) -> Mapping[str, object]:
        """`GET /features`: the feature flags of the websocket protocol."""
        return as_mapping(await self._transport.get("features"), "features")

    async def download(self, file: OutputFile, to: Path, *, limit: int) -> None:
        """`GET /view` into the file `to`, whole or not at all. Raises TooLarge; JobLost for a 404."""
        async with self._view(file) as response:
            await _save(response, to, limit=limit)

    async def size(self, file: OutputFile) -> int:
        """The bytes of a file, by `GET /view` of its first. Raises JobLost for a 404."""
        async with self._view(file, headers={"Range": "bytes=0-0"}) as response:
            return _total_bytes(response)

    async def delete_waiting(self, prompt_id: str) -> None:
        """`POST /queue`: delete a job that waits; one that runs goes on."""
        await self._post("queue", {"delete": [prompt_id]})

    async def interrupt(self, prompt_id: str) -> None:
        """`POST /interrupt`; servers before 2025-08 ignore the id and stop whatever runs."""
        await self._post("interrupt", {"prompt_id": prompt_id})

    async def erase(self, prompt_id: str) -> None:
        """`POST /history`: delete a job that ended."""
        await self._post("history", {"delete": [prompt_id]})

    async def free(self) -> None:
        """`POST /free`: unload the models, empty the cache."""
        await self._post("free", {"unload_models": True, "free_memory": True})

    async def _post_prompt(self, prompt_id: str, nodes: Mapping[str, object], client_id: str) -> HttpResponse:
        body = {
            "prompt": nodes,
            "prompt_id": prompt_id,
            "client_id": client_id,
            "extra_data": {**EXTRA_DATA, OWNER: self._owner},
        }
        return await self._transport.post("prompt", limit=PROMPT_LIMIT, json=body)

    async def _post(self, path: str, body: Mapping[str, object]) -> None:
        response = await self._transport.post(path, json=body)
        if response.status != 200:
            raise BadAnswer(reason=f"HTTP {response.status}")

    @asynccontextmanager
    async def _view(self, file: OutputFile, **options: Any) -> AsyncGenerator[aiohttp.ClientResponse]:
        query = {"filename": file.filename, "subfolder": file.subfolder, "type": file.type}
        request = self._transport.request("GET", "view", params=query, timeout=TRANSFER_TIMEOUT, **options)
        async with request as response:
            if response.status == 404:
                raise JobLost
            if response.status not in (200, 206):
                raise BadAnswer(reason=f"HTTP {response.status}")
            yield response


async def _save(response: aiohttp.ClientResponse, to: Path, *, limit: int) -> None:
    download = AtomicDownload(to, limit=limit)
    try:
        async for chunk in response.content.iter_chunked(CHUNK_BYTES):
            await asyncio.to_thread(download.write, chunk)
        await asyncio.to_thread(download.finish)
    finally:
        await asyncio.to_thread(download.discard)  # deleting a large file takes long


def _total_bytes(response: aiohttp.ClientResponse) -> int:
    """The size of the whole file, also where the server sends all of it instead of a part."""
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    is_number = total.isdecimal() and len(total) <= MAX_SIZE_DIGITS
    size = int(total) if is_number else response.content_length
    if size is None:
        raise BadAnswer(reason="a file of unknown size")
    return size
