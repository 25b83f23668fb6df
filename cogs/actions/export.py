"""All that the bot knows of one person, as JSON files that Discord takes."""

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import discord

from storage import Job, Store

PAGE = 500  # jobs read at once
PART = 9 * 2**20  # bytes of a document: packed or not, it is below Discord's 10 MiB
BETWEEN = b",\n"
PLAIN = 2**20  # bytes from which on a document is packed


async def collect(store: Store, user_id: int) -> AsyncIterator[bytes]:
    """The person's jobs, newest first, as JSON documents of at most PART bytes. Raises StoreError."""
    about = json.dumps(
        {
            "person": user_id,
            "language": await store.language(user_id),
            "gpu_seconds_today": await store.spent_today(user_id),
        }
    )
    empty = len(build_document(about, []))
    records, size, before = list[bytes](), empty, None
    while page := await store.history(user_id, before=before, limit=PAGE):
        for record in map(build_record, page):
            if records and size + len(record) > PART:
                yield build_document(about, records)
                records, size = [], empty
            records.append(record)
            size += len(record) + len(BETWEEN)
        before = page[-1].seq
    yield build_document(about, records)


def build_record(job: Job) -> bytes:
    """One job as JSON: what was asked for, where, when, and what became of it."""
    times = {"asked": job.created_at, "started": job.started_at, "finished": job.finished_at}
    known = {
        "id": job.id,
        "state": job.state,
        **{name: _iso(at) for name, at in times.items()},
        "params": asdict(job.params),
        "language": job.locale,
        "guild": job.guild_id,
        "channel": job.channel_id,
        "status_message": job.status_message,
        "result_channel": job.result_channel,
        "result_message": job.result_message,
        "picture_sha256": job.picture,
        "parent": job.parent,
        "gpu_seconds": job.seconds,
        "reason": asdict(job.reason) if job.reason else None,
    }
    return json.dumps(known, ensure_ascii=False).encode()


def build_document(about: str, records: Sequence[bytes]) -> bytes:
    """One JSON object: `about` with the jobs in it."""
    return about[:-1].encode() + b', "jobs": [\n' + BETWEEN.join(records) + b"\n]}\n"


async def pack(document: bytes, number: int) -> discord.File:
    """A document as a file, gzipped where it is large."""
    name = f"animate-{number}.json"
    if len(document) <= PLAIN:
        return discord.File(io.BytesIO(document), filename=name)
    packed = await asyncio.to_thread(gzip.compress, document)
    return discord.File(io.BytesIO(packed), filename=f"{name}.gz")


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
