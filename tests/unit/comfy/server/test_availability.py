"""When a server is given no job: drained, resting, stuck, or giving way to its owner."""

import asyncio
from collections.abc import Mapping
from uuid import uuid4

import pytest

from comfy import Done, Server, ServerUnreachable, Workflow
from comfy.server.availability import UnavailableReason
from playground.comfyui import ComfyUI, Stage
from tests.unit.comfy.server_jobs import Job, build, opened, run, soon, until


async def somebody_else(comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes) -> str:
    """A prompt of the server's owner, handed in by another client."""
    prompt_id = str(uuid4())
    async with opened(comfyui.url, workflows) as theirs:
        await soon(theirs.ready())
        await theirs.submit(prompt_id, await build(theirs, picture, seed=99))
    return prompt_id


async def test_a_probe_has_version_devices_and_latency(server: Server):
    stats = await server.availability.probe()

    assert stats.version == "0.33.0"
    assert [(device.kind, device.free > 0, device.total > 0) for device in stats.devices] == [
        ("cpu", True, True)
    ]
    assert 0 < stats.latency < 1
    assert server.availability.stats == stats


async def test_the_workflow_that_ran_last_is_known_until_the_server_is_gone(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    assert server.availability.loaded is None
    await soon(run(server, await build(server, picture), str(uuid4())))
    assert server.availability.loaded == "wan21_i2v"

    await comfyui.close_sockets()
    await soon(until(server, lambda: not server.reachable))
    assert server.availability.loaded is None


async def test_a_drained_server_takes_no_job_and_finishes_what_it_has(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.pause(Stage.SAMPLING, 1)
    async with Job(server, await build(server, picture)) as job:
        await comfyui.reached(Stage.SAMPLING, 1)
        server.availability.drain()
        assert server.unavailable_reason is UnavailableReason.DRAINED
        with pytest.raises(TimeoutError):
            await soon(server.ready(), limit=0.2)
        comfyui.resume()
        assert isinstance(await job.end(), Done)

    server.availability.undrain()
    await soon(server.ready())


async def test_prompts_of_others_are_counted_and_ours_are_not(
    comfyui: ComfyUI, server: Server, workflows: Mapping[str, Workflow], picture: bytes
):
    comfyui.pause(Stage.SAMPLING, 1)
    for _ in range(2):
        await somebody_else(comfyui, workflows, picture)
    async with Job(server, await build(server, picture)) as job:
        await soon(until(server, lambda: server.availability.others == 2))
        await server.ready()
        comfyui.resume()
        assert isinstance(await job.end(), Done)
    await soon(until(server, lambda: server.availability.others == 0))


async def test_a_server_that_gives_way_takes_jobs_again_when_its_owner_is_done(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes
):
    async with opened(comfyui.url, workflows, yield_to_others=True) as server:
        await soon(server.ready())
        comfyui.pause(Stage.SAMPLING, 1)
        await somebody_else(comfyui, workflows, picture)

        await soon(until(server, lambda: server.unavailable_reason is UnavailableReason.GIVING_WAY))

        comfyui.resume()
        await soon(server.ready())
        comfyui.pause(Stage.SAMPLING, 1)
        async with Job(server, await build(server, picture)):
            await comfyui.reached(Stage.SAMPLING, 1)
            await server.availability.probe()
            assert server.unavailable_reason is None


async def test_jobs_of_an_earlier_process_are_ours(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes
):
    comfyui.pause(Stage.SAMPLING, 1)
    client_id = str(uuid4())
    async with opened(comfyui.url, workflows, client_id=client_id) as earlier:
        await soon(earlier.ready())
        await earlier.submit(str(uuid4()), await build(earlier, picture))
    async with opened(comfyui.url, workflows, client_id=client_id, yield_to_others=True) as later:
        await soon(later.ready())
        await later.availability.probe()
        assert later.availability.others == 0


async def test_nothing_is_handed_in_behind_a_job_that_does_not_stop(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.deaf()
    comfyui.hang_next()
    async with Job(server, await build(server, picture)) as hung:
        await comfyui.reached(Stage.SAMPLING, 1)
        await server.cancel(hung.id)
        assert server.unavailable_reason is UnavailableReason.STUCK
        graph = await build(server, picture)
        tries = [hand_in(str(uuid4()), graph) for hand_in in (server.submit, server.resume)]
        ends = await soon(asyncio.gather(*tries, return_exceptions=True))
        assert ["does not stop" in str(end) for end in ends] == [True, True]
        assert {type(end) for end in ends} == {ServerUnreachable}
        assert comfyui.waiting == []

        await comfyui.restart()
        await soon(server.ready())
        end = (await soon(run(server, await build(server, picture), str(uuid4()))))[-1]
        assert isinstance(end, Done)


async def test_a_job_that_stops_lets_the_next_one_in_at_once(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.pause(Stage.SAMPLING, 1)
    async with Job(server, await build(server, picture)) as job:
        await comfyui.reached(Stage.SAMPLING, 1)
        await server.cancel(job.id)
        comfyui.resume()
        await soon(server.ready(), limit=2)
        end = (await soon(run(server, await build(server, picture), str(uuid4()))))[-1]
        assert isinstance(end, Done)


async def test_a_change_of_availability_wakes_whoever_waits(server: Server):
    waiting = asyncio.create_task(server.changed(), name="waiting")
    await asyncio.sleep(0)

    server.availability.drain()

    await soon(waiting, limit=1)


async def test_faults_of_the_server_make_it_faulty(server: Server):
    for number in range(3):
        server.availability.failed(f"job {number}")

    assert server.unavailable_reason is UnavailableReason.FAULTY
