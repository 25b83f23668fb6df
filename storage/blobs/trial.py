"""Try with a small blob what jobs do with pictures and clips, for the doctor."""

import asyncio
import tempfile
import uuid
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from storage.blobs.blob_store import Kind
from storage.blobs.opening import BlobLocation, open_blob_store

PROBE = b"python bot.py doctor was here; this may be removed"


class Step(StrEnum):
    """What was tried, in this order."""

    OPEN = "open"
    OWNER = "owner"
    WRITE = "write"
    READ = "read"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobFailure:
    """The first step that failed, and why."""

    step: Step
    reason: str


async def try_blobs(location: BlobLocation, owner: str) -> BlobFailure | None:
    """Write, read and remove a small blob; None where all works. `owner`: the bot's id, "" where unknown."""
    step = Step.OPEN
    name = f"doctor-{uuid.uuid4()}"
    try:
        store = await asyncio.to_thread(open_blob_store, location)
        if owner:
            step = Step.OWNER
            await store.check(owner)
        step = Step.WRITE
        with tempfile.TemporaryDirectory(prefix="animate-doctor-") as folder:
            source = Path(folder) / name
            source.write_bytes(PROBE)
            await store.put(Kind.CLIP, name, source)
        step = Step.READ
        if await store.read(Kind.CLIP, name) != PROBE:
            return BlobFailure(step=step, reason="what was written a moment ago is not what is read")
        step = Step.REMOVE
        await store.remove(Kind.CLIP, [name])
        if await store.exists(Kind.CLIP, name):
            return BlobFailure(step=step, reason="it is still there")
    except OSError as err:
        return BlobFailure(step=step, reason=str(err) or type(err).__name__)
    return None
