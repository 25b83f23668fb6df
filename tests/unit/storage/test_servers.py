"""What servers said last is kept, and a job that nobody could decide about is settled with its cost."""

from dataclasses import replace

import pytest

from storage import ServerRecord, Store
from tests.unit.storage.requests import admit, make_request
from tests.unit.storage.temporary_store import ALL_VIOLATIONS

RECORD = ServerRecord(
    name="gpu:8188",
    seen_at=1000.5,
    runnable=frozenset({"wan21_i2v", "wan21_i2v_seed"}),
    choices={"wan21_i2v": {"loop": ["off", "back"]}},
    missing={"wan21_i2v_lightx2v": ["lora.safetensors for WanVideoLoraSelect is not on this ComfyUI"]},
)


async def test_what_a_server_said_last_is_kept(store: Store) -> None:
    await store.record_server(replace(RECORD, seen_at=1.0, runnable=frozenset()))
    await store.record_server(RECORD)
    await store.record_server(replace(RECORD, name="other:8188"))
    assert await store.server_records(["gpu:8188", "new:8188"]) == {"gpu:8188": RECORD}
    assert await store.server_records([]) == {}


async def test_a_job_left_open_is_settled_and_its_cost_follows(store: Store) -> None:
    request = make_request("a")
    guess = replace(request.params, workflow="turbo", steps=4, left_open=("workflow", "steps"))
    job = (await store.admit(replace(request, params=guess))).job
    decided = await admit(store, make_request("b"))
    assert [each.id for each in await store.left_open()] == [job.id]

    settled = await store.settle(job.id, replace(guess, workflow="fast", steps=20, left_open=()))

    assert settled
    assert settled == await store.job(job.id)
    assert (settled.params.workflow, settled.params.steps) == ("fast", 20)
    assert settled.cost == pytest.approx(5 * job.cost)
    assert await store.left_open() == []
    assert await store.database.fetch(ALL_VIOLATIONS, {}) == []
    await store.set_status_message(job.id, 1)
    assert await store.claim("gpu", {"turbo"}) is None
    lease = await store.claim("gpu", {"fast"})
    assert lease
    assert lease.job.id == job.id
    assert decided.job.params.left_open == ()


async def test_a_job_whose_words_were_taken_back_is_not_settled(store: Store) -> None:
    parent = (await admit(store, make_request("ada"))).job
    guess = replace(parent.params, left_open=("steps",))
    job = (await admit(store, make_request("bob", user=2, parent=parent.id, params=guess))).job
    await store.database.fetch("UPDATE job SET unwanted = 1 WHERE id = :id", {"id": parent.id})
    assert await store.settle(job.id, replace(guess, left_open=())) is None
    assert (await store.job(job.id)).params.prompt == ""


async def test_a_job_that_was_claimed_or_settled_meanwhile_stays_as_it_is(store: Store) -> None:
    request = make_request("a")
    guess = replace(request.params, left_open=("steps",))
    job = (await store.admit(replace(request, params=guess))).job
    first = await store.settle(job.id, replace(guess, steps=20, left_open=()))
    assert first
    assert await store.settle(job.id, replace(guess, steps=30, left_open=())) is None
    await store.set_status_message(job.id, 1)
    assert await store.claim("gpu", {guess.workflow})
    assert await store.settle(first.id, replace(guess, steps=30)) is None
    assert (await store.job(job.id)).params.steps == 20
