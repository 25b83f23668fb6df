"""What servers say is remembered and logged, wakes who waits, and settles what was left open."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

import comfy
from jobs.fleet.server_watch import ServerWatch
from jobs.notifier import QueueNotifier
from jobs.routing import record_of
from storage import Job
from tests.unit.jobs.ending_setup import with_last_picture
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.sample_jobs import PARAMS
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer
from tests.unit.jobs.worker_setup import eventually

TURBO = "wan21_i2v_lightx2v"
OPEN = ("workflow", "preset", "steps", "cfg", "shift")
GUESS = replace(PARAMS, workflow=TURBO, preset="turbo", steps=4, cfg=1.0, left_open=OPEN)


@contextlib.asynccontextmanager
async def watching(setup: JobSetup, *servers: ScriptedServer) -> AsyncGenerator[ServerWatch]:
    watch = ServerWatch(setup.store, WORKFLOWS, servers, setup.directory(*servers), QueueNotifier())
    task = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def recorded(setup: JobSetup, server: ScriptedServer) -> None:
    """Wait until what the server says now is in the database."""

    async def is_recorded() -> bool:
        records = await setup.store.server_records([server.name])
        return server.answered_at is not None and records.get(server.name) == record_of(server)

    await eventually(is_recorded)


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    async def is_logged() -> bool:
        await asyncio.sleep(0)
        return text in caplog.text

    await eventually(is_logged)


async def settled(setup: JobSetup, job: Job) -> Job:
    async def is_settled() -> bool:
        return not (await setup.store.job(job.id)).params.left_open

    await eventually(is_settled)
    return await setup.store.job(job.id)


async def test_each_answer_is_remembered(setup: JobSetup) -> None:
    server = ScriptedServer.never_reached()
    async with watching(setup, server, ScriptedServer("two:8188")):
        server.answer("wan21_i2v", TURBO)
        await recorded(setup, server)
        server.answer("wan21_i2v")
        await recorded(setup, server)
    assert (await setup.store.server_records([server.name]))[server.name].runnable == {"wan21_i2v"}


async def test_a_workflow_that_no_server_can_run_is_a_warning_with_what_to_do_and_once(
    setup: JobSetup, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    server = ScriptedServer.never_reached()
    async with watching(setup, server):
        for _ in range(3):
            server.answer("wan21_i2v", "wan21_i2v_seed")
            await recorded(setup, server)
        warned = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
        server.answer("wan21_i2v", TURBO)
        await logged(caplog, "can be run again")
    assert warned == [
        f"no server can run the workflow {TURBO}: gpu:8188 lacks vae.safetensors."
        " Put the file into ComfyUI/models/vae, or name another one in the workflow's file."
    ]


async def test_what_another_server_can_run_is_no_warning(
    setup: JobSetup, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = ScriptedServer("one:8188"), ScriptedServer("two:8188")
    one.answer(TURBO)
    two.answer("wan21_i2v")
    await setup.store.record_server(record_of(one))
    async with watching(setup, two, one):
        await recorded(setup, two)
    assert "no server can run" not in caplog.text


async def test_a_refused_token_is_a_warning_that_says_what_to_set(
    setup: JobSetup, caplog: pytest.LogCaptureFixture
) -> None:
    server = ScriptedServer()
    async with watching(setup, server):
        await recorded(setup, server)
        server.refuse_token()
        await logged(caplog, "refuses the token")
    assert "gpu:8188 refuses the token. Set COMFYUI_TOKEN to the token that its gateway wants." in caplog.text


async def test_a_job_that_was_left_open_gets_what_the_first_server_can_run(setup: JobSetup) -> None:
    server = ScriptedServer.never_reached()
    job = await setup.admit(params=GUESS)
    async with watching(setup, server):
        server.answer("wan21_i2v")
        row = await settled(setup, job)
    assert (row.params.workflow, row.params.preset, row.params.steps) == ("wan21_i2v", "fast", 20)
    assert row.cost == pytest.approx(5 * job.cost)


async def test_a_job_that_ends_on_a_picture_is_settled_by_a_workflow_that_takes_it(
    setup: JobSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = with_last_picture(WORKFLOWS["wan21_i2v_seed"])
    monkeypatch.setitem(WORKFLOWS, ending.name, ending)  # type: ignore[arg-type]
    server = ScriptedServer.never_reached()
    job, plain = await setup.admit(params=GUESS, last_picture="ff"), await setup.admit("b", params=GUESS)
    async with watching(setup, server):
        server.answer("wan21_i2v", ending.name)
        rows = [await settled(setup, each) for each in (job, plain)]
    assert [each.params.workflow for each in rows] == [ending.name, "wan21_i2v"]


async def test_a_guess_of_a_model_that_no_server_has_gets_the_one_there_is_even_with_the_same_preset(
    setup: JobSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = comfy.load_workflows(comfy.BUILT_IN)["wan22_14b_turbo"]
    monkeypatch.setitem(WORKFLOWS, other.name, other)
    server = ScriptedServer.never_reached()
    job = await setup.admit(params=replace(GUESS, left_open=("model", *OPEN)))
    async with watching(setup, server):
        server.answer(other.name)
        row = await settled(setup, job)
    assert (row.params.workflow, row.params.preset, row.params.cfg) == (other.name, "turbo", 1.0)


async def test_a_guess_that_a_server_can_run_stays(setup: JobSetup) -> None:
    server = ScriptedServer.never_reached()
    job, chosen = await setup.admit(params=GUESS), await setup.admit("b", params=replace(GUESS, left_open=()))
    async with watching(setup, server):
        server.answer("wan21_i2v", TURBO)
        await recorded(setup, server)
        server.answer("wan21_i2v")
        assert (await settled(setup, job)).params.preset == "fast"
    assert (await setup.store.job(chosen.id)).params.preset == "turbo"


async def test_a_database_that_answers_nothing_ends_nothing(
    setup: JobSetup, caplog: pytest.LogCaptureFixture
) -> None:
    server = ScriptedServer.never_reached()
    async with watching(setup, server):
        await asyncio.sleep(0)
        setup.database.broken = True
        server.answer("wan21_i2v")
        await setup.database.refuses()
        setup.database.broken = False
        server.answer(TURBO)
        await recorded(setup, server)
    assert "is not remembered" in caplog.text


async def test_servers_are_asked_again_when_that_is_wanted(setup: JobSetup) -> None:
    one, two = ScriptedServer("one:8188"), ScriptedServer("two:8188")
    one.install(TURBO)
    async with watching(setup, one, two) as watch:
        watch.look_again()
        await one.until(lambda: one.runnable == {TURBO})
        await logged_refreshes(two)
    assert (one.times("refresh"), two.times("refresh")) == (1, 1)


async def logged_refreshes(server: ScriptedServer) -> None:
    async def is_asked() -> bool:
        await asyncio.sleep(0)
        return server.times("refresh") > 0

    await eventually(is_asked)


async def test_a_built_in_model_that_no_server_has_is_no_warning(
    setup: JobSetup, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("wan22_5b", "wan22_14b", "wan22_14b_turbo", "wan22_14b_turbo_savevideo"):
        monkeypatch.setitem(WORKFLOWS, name, comfy.load_workflows(comfy.BUILT_IN)[name])
    server = ScriptedServer.never_reached()
    async with watching(setup, server):
        server.answer("wan21_i2v", TURBO)
        await recorded(setup, server)
        assert "no server can run" not in caplog.text
        server.answer("wan21_i2v", TURBO, "wan22_14b")  # and not its LoRAs
        await recorded(setup, server)
    assert [line.partition(":")[0] for line in caplog.messages if "no server can run" in line] == [
        "no server can run the workflow wan22_14b_turbo"
    ]
