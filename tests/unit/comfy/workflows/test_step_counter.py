"""Sampling steps over all samplers of a graph: exact, never backwards, never above the total."""

from collections.abc import Mapping

import pytest

from comfy import Graph, Sampling, Stage
from comfy.workflows.step_counter import StepCounter, Tick
from tests.unit.comfy.workflows.published_nodes import node


def counter(first: int, second: int, bars: int = 1, class_type: str = "KSampler") -> StepCounter:
    """Two samplers one after the other, with the steps that are expected of them."""
    nodes = {
        "load": node("UNETLoader"),
        "a": node(class_type, model=["load", 0]),
        "b": node(class_type, latent=["a", 0]),
        "save": node("SaveVideo", images=["b", 0]),
    }
    graph = Graph(
        workflow="mine",
        nodes=nodes,
        stages={"a": Stage.SAMPLING, "b": Stage.SAMPLING},
        sampler_steps={"a": first, "b": second},
        sampler_bars={"b": bars} if bars > 1 else {},
        output="save",
    )
    return StepCounter(graph)


def run(counter: StepCounter, *ticks: tuple[str, int, int]) -> list[tuple[int, int]]:
    """Where the run stands after each tick that is a step."""
    found: list[tuple[int, int]] = []
    for sampler, value, maximum in ticks:
        if counter.count(sampler, value, maximum) is Tick.STEP:
            sampling = counter.sampling(sampler)
            assert sampling
            assert sampling.sampler == sampler
            found.append((sampling.step, sampling.steps))
    return found


def bar(sampler: str, maximum: int, first: int = 1) -> list[tuple[str, int, int]]:
    return [(sampler, value, maximum) for value in range(first, maximum + 1)]


def test_steps_are_summed_over_all_samplers():
    counted = counter(3, 2)

    assert counted.sampling("a") == Sampling(step=0, steps=5)
    assert run(counted, *bar("a", 3), *bar("b", 2)) == [(step, 5) for step in range(1, 6)]
    assert counted.steps == 5


def test_the_bars_own_maximum_corrects_what_was_expected():
    counted = counter(20, 20)

    assert run(counted, *bar("a", 2)) == [(1, 22), (2, 22)]
    counted.end("a")
    assert run(counted, ("b", 1, 30), ("b", 30, 30)) == [(3, 32), (32, 32)]
    assert counted.steps == 32


def test_steps_that_nobody_expected_are_counted_when_they_come():
    counted = counter(0, 0)

    assert counted.sampling("a") is None
    assert run(counted, *bar("a", 2), *bar("b", 2)) == [(1, 2), (2, 2), (3, 4), (4, 4)]


def test_many_bars_one_after_another_are_one_sampler():
    counted = counter(0, 6, bars=3)

    assert run(counted, *bar("b", 2), *bar("b", 2), *bar("b", 2)) == [(step, 6) for step in range(1, 7)]
    assert run(counted, *bar("b", 2)) == [(7, 8), (8, 8)]  # one more than was expected
    assert counted.steps == 8


def test_a_sampler_with_fewer_bars_than_were_expected_ends_with_those_that_came():
    counted = counter(2, 6, bars=3)
    run(counted, *bar("b", 2))
    counted.end("b")

    assert run(counted, *bar("a", 2)) == [(3, 4), (4, 4)]


def test_a_sampler_that_ended_without_a_bar_or_its_last_tick_is_done():
    counted = counter(10, 4)
    counted.end("a")

    assert counted.sampling("b") == Sampling(step=10, steps=14)
    run(counted, ("b", 3, 4))
    counted.end("b")
    assert counted.sampling("b") == Sampling(step=14, steps=14)
    assert counted.steps == 4


def test_cached_samplers_are_done_but_their_steps_were_not_taken():
    counted = counter(10, 4)
    counted.skip({"load", "a"})

    assert run(counted, *bar("b", 4)) == [(step, 14) for step in range(11, 15)]
    assert counted.steps == 4


def test_a_sampler_behind_a_cached_one_is_done_too():
    counted = counter(10, 4)
    counted.skip({"b"})

    assert counted.sampling("b") == Sampling(step=14, steps=14)


@pytest.mark.parametrize("ticks", [[("a", 2, 4), ("a", 1, 4)], [("a", 3, 4), ("a", 2, 4), ("a", 3, 4)]])
def test_a_tick_that_another_overtook_takes_nothing_back(ticks: list[tuple[str, int, int]]):
    assert run(counter(4, 4), *ticks)[-1] == (ticks[0][1], 8)


def test_two_bars_for_the_same_steps_count_once():
    ticks = [tick for value in range(1, 5) for tick in (("a", value, 4), ("a", value, 5))]

    assert run(counter(4, 4), *ticks)[-1] == (4, 9)


def test_a_tick_after_the_end_and_one_beyond_the_maximum_are_none():
    counted = counter(4, 4)
    run(counted, *bar("a", 4, first=3))
    counted.end("a")

    assert [counted.count("a", *tick) for tick in ((4, 4), (9, 4), (-1, 4), (0, 0))] == [Tick.OTHER] * 4


WRAPPED: Mapping[str, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {
    "weights": ([(1, 983), (983, 983), (0, 983), (1, 4), (2, 4)], [(1, 8), (2, 8)]),
    "weights again, and frames": ([(1, 4), (2, 3), (500, 983), (2, 4)], [(1, 8), (2, 8)]),
    "windows": ([(1, 12), (12, 12)], [(1, 16), (12, 16)]),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_other_bars_of_the_wrappers_sampler_are_no_steps(name: str):
    ticks, steps = WRAPPED[name]
    counted = counter(4, 4, class_type="WanVideoSampler")

    assert run(counted, *(("a", value, maximum) for value, maximum in ticks)) == steps


def test_only_the_wrappers_sampler_counts_weights():
    assert counter(4, 4, class_type="WanVideoSampler").count("a", 1, 983) is Tick.WEIGHTS
    assert counter(500, 4, class_type="WanVideoSampler").count("a", 1, 500) is Tick.STEP
    assert counter(4, 4).count("a", 1, 983) is Tick.STEP
