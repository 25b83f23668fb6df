"""The export of everything stored about a person."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from cogs.actions import export
from cogs.actions.export import build_document, build_record, collect, pack
from storage import Draft, Reason, State, open_store
from tests.unit.jobs.sample_jobs import JOB
from tests.unit.storage.requests import admit, make_params, make_request


def test_a_record_holds_what_was_asked_for_and_what_became_of_it() -> None:
    job = replace(JOB, state=State.FAILED, reason=Reason(code="memory"), finished_at=60.0)
    record = json.loads(build_record(job))
    assert record["params"]["prompt"] == job.params.prompt
    assert (record["state"], record["finished"]) == ("failed", "1970-01-01T00:01:00+00:00")
    assert record["reason"]["code"] == "memory"
    assert "gpu:8188" not in json.dumps(record)


async def test_an_export_names_the_last_pictures(tmp_path: Path) -> None:
    draft = Draft(id=5, user_id=1, url="https://cdn/5", last_url="https://cdn/6")
    async with open_store(tmp_path) as store:
        await admit(store, make_request("a", picture="aa", last_picture="bb"))
        await store.save_draft(draft)
        (only,) = [json.loads(part) async for part in collect(store, 1)]
    assert only["jobs"][0]["last_picture_sha256"] == "bb"
    assert only["drafts"] == [{"id": 5, "url": draft.url, "last_url": draft.last_url}]


async def test_an_export_holds_every_job_once_in_parts_that_discord_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "JOBS_PER_READ", 3)
    monkeypatch.setattr(export, "MAX_DOCUMENT_BYTES", 4000)
    async with open_store(tmp_path) as store:
        for n in range(10):
            await admit(store, make_request(str(n), params=make_params(prompt=f"她笑了 {n}")))
        await admit(store, make_request("others", user=2))
        await store.set_language(1, "zh-TW")
        parts = [part async for part in collect(store, 1)]
    assert len(parts) > 1
    assert all(len(part) <= 4000 for part in parts)
    documents = [json.loads(part) for part in parts]
    assert {(each["person"], each["language"]) for each in documents} == {(1, "zh-TW")}
    prompts = [job["params"]["prompt"] for each in documents for job in each["jobs"]]
    assert prompts == [f"她笑了 {n}" for n in reversed(range(10))]


async def test_somebody_without_jobs_gets_an_export_too(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        (only,) = [part async for part in collect(store, 1)]
    assert json.loads(only)["jobs"] == []


@pytest.mark.parametrize(("size", "name"), [(10, "animate-2.json"), (2**20, "animate-2.json.gz")])
async def test_a_large_document_is_packed(size: int, name: str) -> None:
    document = build_document('{"person": 1}', [b" " * size])
    file = await pack(document, 2)
    data = file.fp.read()
    assert file.filename == name
    assert (gzip.decompress(data) if name.endswith("gz") else data) == document
