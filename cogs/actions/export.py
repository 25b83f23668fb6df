"""Export of everything stored about a person, as JSON files within Discord's upload limit."""

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import discord

from storage import Job, Store

JOBS_PER_READ = 500  # jobs read at once
MAX_DOCUMENT_BYTES = 9 * 2**20  # below Discord's 10 MiB, compressed or not
SEPARATOR = b",\n"
GZIP_FROM_BYTES = 2**20  # larger documents are compressed


async def collect(store: Store, user_id: int) -> AsyncIterator[bytes]:
    """The person's jobs, newest first, as JSON documents of at most MAX_DOCUMENT_BYTES. Raises StoreError."""
    about = json.dumps(
        {
            "person": user_id,
            "language": await store.language(user_id),
            "locale": await store.locale_of(user_id),
            "gpu_seconds_today": await store.spent_today(user_id),
            **await store.account(user_id),
            "drafts": [
                {"id": each.id, "url": each.url, "last_url": each.last_url}
                for each in await store.drafts_of(user_id)
            ],
            "made_by_others": [build_use(each) for each in await store.made_by_others(user_id)],
        }
    )
    empty = len(build_document(about, []))
    records, size, before = list[bytes](), empty, None
    while page := await store.history(user_id, before=before, limit=JOBS_PER_READ):
        moves = await store.states_of([job.seq for job in page])
        for record in (build_record(job, moves.get(job.seq, ())) for job in page):
            if records and size + len(record) > MAX_DOCUMENT_BYTES:
                yield build_document(about, records)
                records, size = [], empty
            records.append(record)
            size += len(record) + len(SEPARATOR)
        before = page[-1].seq
    yield build_document(about, records)


def build_use(job: Job) -> Mapping[str, object]:
    """What somebody else made with what belongs to whoever asks, without a word about that person."""
    return {
        "id": job.short,
        "state": job.state,
        "asked": _iso(job.created_at),
        "finished": _iso(job.finished_at),
        "guild": job.guild_id,
    }


def build_record(job: Job, moves: Sequence[tuple[float, str]] = ()) -> bytes:
    """One job as a JSON object: parameters, places, times and outcome.

    `moves`: when (Unix time) it got into which state.
    """
    times = {"asked": job.created_at, "started": job.started_at, "finished": job.finished_at}
    known = {
        "id": job.id,
        "state": job.state,
        **{name: _iso(at) for name, at in times.items()},
        "states": [{"at": _iso(at), "state": state} for at, state in moves],
        "params": asdict(job.params),
        "language": job.locale,
        "guild": job.guild_id,
        "channel": job.channel_id,
        "status_message": job.status_message,
        "result_channel": job.result_channel,
        "result_message": job.result_message,
        "picture_sha256": job.picture,
        "last_picture_sha256": job.last_picture,
        "parent": job.parent,
        "root": job.root,
        "attempts": job.attempts,
        "clip": job.clip,
        "weight": job.weight,
        "gpu_seconds_expected": job.cost,
        "gpu_seconds_charged": job.charged,
        "withdrawn": job.withdrawn,
        "being_deleted": job.unwanted,
        "gpu_seconds": job.seconds,
        "reason": asdict(job.reason) if job.reason else None,
    }
    return json.dumps(known, ensure_ascii=False).encode()


def build_document(about: str, records: Sequence[bytes]) -> bytes:
    """The JSON object `about` with the records in its list `jobs`."""
    return about[:-1].encode() + b', "jobs": [\n' + SEPARATOR.join(records) + b"\n]}\n"


async def pack(document: bytes, number: int) -> discord.File:
    """A document as a file to upload, compressed by gzip where it is large."""
    name = f"animate-{number}.json"
    if len(document) <= GZIP_FROM_BYTES:
        return discord.File(io.BytesIO(document), filename=name)
    compressed = await asyncio.to_thread(gzip.compress, document)
    return discord.File(io.BytesIO(compressed), filename=f"{name}.gz")


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
