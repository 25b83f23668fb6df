"""After three failed jobs in a row a server gets a pause, and then one more chance."""

import asyncio
from collections.abc import Mapping
from uuid import uuid4

import pytest

from comfy import Failed, Server, ServerUnreachable, UnavailableReason, Workflow
from comfy.server.circuit_breaker import MAX_FAILURES, CircuitBreaker
from playground.comfyui import ComfyUI, Failure
from tests.unit.comfy.server_jobs import build, opened, run, soon


async def fail(comfyui: ComfyUI, server: Server, picture: bytes, prompt_id: str = "") -> None:
    comfyui.fail_next(Failure.ERROR)
    graph = await build(server, picture, seed=len(comfyui.runs))  # another one: the last one's is cached
    end = (await soon(run(server, graph, prompt_id or str(uuid4()))))[-1]
    assert isinstance(end, Failed)


async def test_three_jobs_that_break_in_a_row_open_the_breaker_and_a_good_one_closes_it(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes
):
    async with opened(comfyui.url, workflows, reset_timeout=0.2) as server:
        await soon(server.ready())
        for _ in range(3):
            assert server.unavailable_reason is None
            await fail(comfyui, server, picture)
        assert server.unavailable_reason is UnavailableReason.FAULTY

        await soon(server.ready(), limit=2)  # half open
        await fail(comfyui, server, picture)
        assert server.unavailable_reason is UnavailableReason.FAULTY

        await soon(server.ready(), limit=2)
        await soon(run(server, await build(server, picture), str(uuid4())))
        for _ in range(2):
            await fail(comfyui, server, picture)
        assert server.unavailable_reason is None


async def test_one_job_that_breaks_again_and_again_opens_nothing(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    prompt_id = str(uuid4())
    for _ in range(4):
        await fail(comfyui, server, picture, prompt_id)

    assert server.unavailable_reason is None


async def test_the_breaker_stays_open_while_the_server_is_not_well(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes
):
    async with opened(comfyui.url, workflows, reset_timeout=0.05) as server:
        await soon(server.ready())
        for _ in range(3):
            await fail(comfyui, server, picture)
        comfyui.answer(500, path="/system_stats", times=99)
        with pytest.raises(TimeoutError):
            await soon(server.ready(), limit=0.5)
        comfyui.heal()
        await soon(server.ready())


async def probe() -> None:
    """A server that is well."""


async def test_the_third_failure_of_another_job_opens_it_and_reports_the_change():
    changes: list[bool] = []
    breaker = CircuitBreaker(probe, lambda: changes.append(breaker.is_open), reset_timeout=60)

    for number in range(MAX_FAILURES):
        assert not breaker.is_open
        breaker.fail(f"job {number}")
    breaker.fail("one more")

    assert breaker.is_open
    assert changes == [True]


async def test_a_success_starts_the_count_again():
    breaker = CircuitBreaker(probe, lambda: None, reset_timeout=60)

    for number in range(MAX_FAILURES - 1):
        breaker.fail(f"job {number}")
    breaker.succeed()
    breaker.fail("another")

    assert not breaker.is_open


async def test_it_is_half_open_only_after_a_probe_that_succeeds():
    probes: list[ServerUnreachable | None] = [ServerUnreachable(reason="refused"), None]
    changed = asyncio.Event()

    async def fail_once() -> None:
        if error := probes.pop(0):
            raise error

    breaker = CircuitBreaker(fail_once, changed.set, reset_timeout=0)
    for number in range(MAX_FAILURES):
        breaker.fail(f"job {number}")
    changed.clear()
    running = asyncio.create_task(breaker.run(), name="breaker")
    await soon(changed.wait())
    running.cancel()
    await asyncio.wait([running])

    assert not breaker.is_open
    assert probes == []
