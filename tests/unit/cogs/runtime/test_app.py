"""The application: what runs until the end, and in which order it ends."""

import asyncio
from pathlib import Path

import pytest

from cogs.runtime.app import run_until
from cogs.ui.texts import render_final_status
from storage import State, open_store
from tests.unit.cogs.bot_setup import BotSetup, opened_application
from tests.unit.storage.requests import make_request


async def test_at_the_end_the_work_stops_first_and_the_connection_last() -> None:
    stop, events = asyncio.Event(), list[str]()

    async def forever(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            events.append(name)

    async def shut_down() -> None:
        await asyncio.sleep(0)
        events.append("shut down")

    run = asyncio.create_task(run_until(stop, forever("connection"), [forever("work")], shut_down))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(run, 1)
    assert events == ["work", "shut down", "connection"]


@pytest.mark.filterwarnings("error")
async def test_a_signal_before_the_first_step_leaves_no_coroutine_unawaited() -> None:
    stop, began = asyncio.Event(), list[str]()
    stop.set()

    async def forever(name: str) -> None:
        began.append(name)
        await asyncio.Event().wait()

    async def shut_down() -> None:
        began.append("shut down")

    await asyncio.wait_for(run_until(stop, forever("connection"), [forever("work")], shut_down), 1)
    assert began == ["connection", "work", "shut down"]


async def test_at_the_start_the_waiting_jobs_of_blocked_people_end(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        jobs = [(await store.admit(make_request(f"{user}", user=user))).job for user in (1, 2)]
    async with opened_application(tmp_path, blocked_users=frozenset({1})) as setup:
        blocked, other = [await setup.context.store.job(job.id) for job in jobs]
        assert (blocked.state, other.state) == (State.CANCELLED, State.QUEUED)
        assert "blocked you" in render_final_status(blocked)


@pytest.mark.parametrize("ends", ["raises", "returns"])
async def test_whatever_ends_before_ends_all(ends: str, caplog: pytest.LogCaptureFixture) -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    async def work() -> None:
        if ends == "raises":
            raise ZeroDivisionError

    async def shut_down() -> None:
        raise AssertionError

    with pytest.raises(ExceptionGroup) as errors:
        await asyncio.wait_for(run_until(asyncio.Event(), forever(), [work()], shut_down), 1)
    kind = ZeroDivisionError if ends == "raises" else RuntimeError
    assert errors.value.subgroup(kind)
    assert "work died" in caplog.text


async def test_every_command_is_registered_and_a_shutdown_refuses_what_is_new(bot: BotSetup) -> None:
    names = {command.definition["name"] for command in bot.playground.commands}
    assert {"animate", "queue", "cancel", "history", "show", "help", "privacy", "Animate this"} <= names
    assert len(bot.context.client.cogs) == 17
    stop = asyncio.Event()
    stop.set()
    await bot.application._shut_down()
    assert not bot.context.in_flight.is_open
