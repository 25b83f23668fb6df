"""ComfyUI's HTTP endpoints: one method each, typed values in and out, nothing repeated."""

import time
from collections.abc import Mapping
from pathlib import Path

from comfy.errors import BadAnswer, GraphRejected
from comfy.protocol.files import OutputFile
from comfy.protocol.json_values import as_mapping, as_text, parse_json
from comfy.protocol.queue import OWNER, ServerQueue, parse_queue
from comfy.protocol.responses import Finished, parse_history, parse_node_faults, parse_rejection
from comfy.protocol.system_stats import SystemStats, parse_system_stats
from comfy.protocol.transport import Transport
from comfy.workflows.graph import Graph

UPLOADS = "animate"  # the subfolder of the server's temp folder
EXTRA_DATA = {
    "preview_method": "auto",
    # Else VideoHelperSuite writes the whole prompt into a PNG beside the clip, whatever save_metadata says.
    "extra_pnginfo": {"workflow": {"extra": {"VHS_MetadataImage": False}}},
}


class Endpoints:
    """Every method raises ServerUnreachable, TokenRefused, TooLarge or BadAnswer; `owner` marks our jobs."""

    def __init__(self, transport: Transport, *, owner: str) -> None:
        self._transport = transport
        self._owner = owner

    async def upload(self, picture: bytes, name: str) -> str:
        """Send a picture as a temp file; how LoadImage refers to it."""
        fields = {"type": "temp", "subfolder": UPLOADS}
        answer = as_mapping(await self._transport.upload(picture, name=name, fields=fields))
        name, subfolder, kind = (as_text(answer.get(key), key) for key in ("name", "subfolder", "type"))
        return f"{subfolder}/{name} [{kind}]"

    async def submit(self, prompt_id: str, graph: Graph, client_id: str) -> tuple[str, GraphRejected | None]:
        """`POST /prompt`: the id under which it is queued, and what keeps a part of it from running.

        Raises GraphRejected when nothing is queued.
        """
        body = {
            "prompt": graph.as_json(),
            "prompt_id": prompt_id,
            "client_id": client_id,
            "extra_data": {**EXTRA_DATA, OWNER: self._owner},
        }
        answer = await self._transport.post("prompt", body)
        if answer.status == 400:
            raise parse_rejection(parse_json(answer.body))
        accepted = as_mapping(answer.json())
        faults = parse_node_faults(accepted.get("node_errors"))
        return as_text(accepted.get("prompt_id")), next(iter(faults), None)

    async def queue(self) -> ServerQueue:
        """`GET /queue`."""
        return parse_queue(await self._transport.get("queue"))

    async def outcome(self, prompt_id: str, output: str | None) -> Finished | None:
        """`GET /history/ID`: how a job ended, with the files of the node `output` or of all."""
        outcome = parse_history(await self._transport.get(f"history/{prompt_id}"), prompt_id, output)
        return Finished(outcome=outcome) if outcome else None

    async def system_stats(self) -> SystemStats:
        """`GET /system_stats`."""
        began = time.monotonic()
        answer = await self._transport.get("system_stats")
        return parse_system_stats(answer, time.monotonic() - began)

    async def download(self, file: OutputFile, to: Path, *, limit: int) -> None:
        """`GET /view` into a file, whole or not at all. Raises JobLost when it is gone."""
        await self._transport.download(file, to, limit=limit)

    async def size(self, file: OutputFile) -> int:
        """`GET /view`, its first byte: how many there are. Raises JobLost when it is gone."""
        return await self._transport.size(file)

    async def delete_waiting(self, prompt_id: str) -> None:
        """`POST /queue`: a job that runs is not touched."""
        await self._tell("queue", {"delete": [prompt_id]})

    async def interrupt(self, prompt_id: str) -> None:
        """`POST /interrupt`; servers before 2025-08 stop whatever runs."""
        await self._tell("interrupt", {"prompt_id": prompt_id})

    async def erase(self, prompt_id: str) -> None:
        """`POST /history`: delete a job that ended."""
        await self._tell("history", {"delete": [prompt_id]})

    async def free(self) -> None:
        """`POST /free`: unload models, free memory."""
        await self._tell("free", {"unload_models": True, "free_memory": True})

    async def _tell(self, path: str, body: Mapping[str, object]) -> None:
        answer = await self._transport.post(path, body)
        if answer.status != 200:
            raise BadAnswer(reason=f"HTTP {answer.status}")
