"""GPU seconds are counted by server and stage, those of the running job included."""

import comfy
from jobs.observing.gpu_time import STARTING, GpuTime
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.scripted_server import ScriptedServer


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def node(stage: comfy.Stage) -> comfy.Node:
    return comfy.Node(node="1", stage=stage)


def test_each_stage_of_a_job_gets_the_seconds_that_it_took() -> None:
    clock = Clock()
    gpu = GpuTime(clock)
    with gpu.counted("a"):
        clock.now = 5.0
        gpu.feed("a", comfy.Queued(ahead=1))
        clock.now = 10.0
        for at, event in (
            (10.0, comfy.Started(at=1.0)),
            (11.0, node(comfy.Stage.LOADING)),
            (14.0, comfy.Sampling(step=1, steps=2)),
            (19.0, comfy.Sampling(step=2, steps=2)),
            (20.0, node(comfy.Stage.DECODING)),
        ):
            clock.now = at
            gpu.feed("a", event)
        assert gpu.busy == {"a"}
        clock.now = 23.0
    clock.now = 99.0
    assert gpu.busy == frozenset()
    assert gpu.seconds() == {
        ("a", STARTING): 1.0,
        ("a", "loading"): 3.0,
        ("a", "sampling"): 6.0,
        ("a", "decoding"): 3.0,
    }


def test_what_runs_is_counted_while_it_runs_and_once() -> None:
    clock = Clock()
    gpu = GpuTime(clock)
    with gpu.counted("a"), gpu.counted("b"):
        gpu.feed("a", comfy.Started(at=1.0))
        clock.now = 4.0
        gpu.feed("b", comfy.Started(at=1.0))
        assert gpu.seconds()["a", STARTING] == 4.0
        clock.now = 6.0
        assert gpu.seconds() == {("a", STARTING): 6.0, ("b", STARTING): 2.0}
    assert gpu.seconds() == {("a", STARTING): 6.0, ("b", STARTING): 2.0}


def test_a_job_that_fails_ends_the_counting() -> None:
    gpu = GpuTime(Clock())
    try:
        with gpu.counted("a"):
            gpu.feed("a", comfy.Started(at=1.0))
            raise ValueError
    except ValueError:
        assert gpu.busy == frozenset()


async def test_a_run_counts_the_time_of_its_server(setup: JobSetup, server: ScriptedServer) -> None:
    clock = Clock()
    gpu = GpuTime(clock)
    run = setup.run(await setup.lease(), server, gpu_time=gpu)
    await run.compute()
    assert gpu.busy == frozenset()
    assert gpu.seconds().keys() == {(server.name, STARTING), (server.name, "sampling")}
