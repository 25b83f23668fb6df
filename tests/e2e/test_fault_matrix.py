"""Every fault of ComfyUI against the whole bot: how the job ends, in which words, and after how long.

`-rP` prints the seconds, which count from the fault to the last word about the job; docs/comfyui.md has them.
"""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest

from playground.comfyui import ComfyUI, Failure, SocketFault, Stage
from playground.playground import Playground
from playground.tracked_job import TrackedJob
from tests.e2e.process import BotProcess, running_bot
from tests.e2e.test_faults import said_plainly

LARGEST_CLIP = 200 * 2**20
T = TypeVar("T")
Fault = Callable[[ComfyUI], Awaitable[None] | None]


async def hang(comfyui: ComfyUI) -> None:
    """A node stops moving, and the server's owner presses its stop button."""
    comfyui.hang_next()
    async with aiohttp.ClientSession() as session, session.post(f"{comfyui.url}/interrupt") as answer:
        assert answer.status == 200


def break_for_long(comfyui: ComfyUI) -> None:
    comfyui.answer(500, path="/history", times=3, body=b"Server got itself in trouble")


async def take_websockets_away(comfyui: ComfyUI) -> None:
    await comfyui.http_only(SocketFault.CLOSE)


def overload(comfyui: ComfyUI) -> None:
    comfyui.answer(503, path="/history", times=1)


SURVIVED: dict[str, tuple[Fault, float]] = {
    "close": (ComfyUI.close_sockets, 5),
    "restart": (ComfyUI.restart, 10),
    "slow": (lambda comfyui: comfyui.slow(5), 10),
    "cut": (ComfyUI.cut_download, 5),
    "5xx for a moment": (overload, 5),
    "silence": (ComfyUI.silence, 10),
    "5xx": (break_for_long, 10),
    "no websocket any more": (take_websockets_away, 10),
    "history that names no file": (ComfyUI.silent_history, 5),
}
FAILED: dict[str, tuple[Fault, str]] = {
    "error": (lambda comfyui: comfyui.fail_next(Failure.ERROR), "reported an error"),
    "memory": (lambda comfyui: comfyui.fail_next(Failure.MEMORY), "ran out of memory"),
    "empty": (ComfyUI.empty_output, "makes no sense"),
    "oversize": (lambda comfyui: comfyui.oversize_download(LARGEST_CLIP), "too large"),
    "hang, then stopped": (hang, "was stopped on the GPU server"),
}


async def met(playground: Playground, picture: bytes, fault: Fault, seed: int) -> tuple[TrackedJob, float]:
    """A job whose second step meets the fault, and when that was."""
    comfyui = playground.comfyui
    assert comfyui
    comfyui.pause(Stage.SAMPLING, 2)
    job = await playground.member().animate(picture, "it moves", seconds=1, seed=seed)
    await job.answered()
    await playground.until(
        lambda: playground.comfyui and playground.comfyui.running, 20, "the job on the GPU"
    )
    await comfyui.reached(Stage.SAMPLING, 2)
    began = time.monotonic()
    if act := fault(comfyui):
        await act
    comfyui.resume()
    return job, began


SOME = ("restart", "5xx for a moment", "memory", "5xx")  # the others with --long
# over a client alone all of them are in tests/unit/comfy/server/test_fault_matrix.py


def some_of(faults: dict[str, T], config: pytest.Config) -> dict[str, T]:
    """All of them in a long run."""
    return {name: each for name, each in faults.items() if name in SOME or config.getoption("--long")}


@pytest.mark.long
async def test_faults_that_pass_cost_nobody_the_clip(
    playground: Playground, bot: BotProcess, picture: bytes, pytestconfig: pytest.Config
) -> None:
    for seed, (name, (fault, limit)) in enumerate(some_of(SURVIVED, pytestconfig).items()):
        job, began = await met(playground, picture, fault, seed)
        clip = await job.video(timeout=limit + 10)
        took = time.monotonic() - began
        print(f"{name}: the clip after {took:.1f} s")  # noqa: T201 - `-rP` shows it
        assert f"seed `{seed}`" in clip.content
        assert took < limit, name
        playground.comfyui.heal()


async def test_faults_that_end_a_job_are_said_in_one_plain_sentence_and_end_no_other(
    playground: Playground, bot: BotProcess, picture: bytes, pytestconfig: pytest.Config
) -> None:
    for seed, (name, (fault, words)) in enumerate(some_of(FAILED, pytestconfig).items()):
        job, began = await met(playground, picture, fault, seed)
        text = await job.says("Failed")
        print(f"{name}: told after {time.monotonic() - began:.1f} s")  # noqa: T201 - `-rP` shows it
        assert words in text, name
        assert said_plainly(text), text
        playground.comfyui.heal()
        await (await playground.member().animate(picture, "it moves", seconds=1, seed=100 + seed)).video()


@pytest.mark.long
async def test_an_unchanged_graph_is_answered_from_the_cache_and_refusals_name_the_file(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    for _ in range(2):
        job = await playground.member().animate(picture, "it moves", seconds=1, seed=7)
        began = time.monotonic()
        await job.video()
    print(f"cached: the clip after {time.monotonic() - began:.1f} s")  # noqa: T201 - `-rP` shows it
    assert len(playground.comfyui.gpu_runs) == 1
    playground.comfyui.reject_next()
    began = time.monotonic()
    text = await (await playground.member().animate(picture, "it moves", seconds=1)).says("Failed")
    print(f"rejected: told after {time.monotonic() - began:.1f} s")  # noqa: T201 - `-rP` shows it
    assert "gone.safetensors is missing" in text
    assert said_plainly(text)


@pytest.mark.long
async def test_a_job_whose_answer_is_lost_runs_once(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.comfyui.accept_then_close()
    await (await playground.member().animate(picture, "it moves", seconds=1)).video()
    assert len(playground.comfyui.runs) == 1


@pytest.mark.long
async def test_a_job_that_hangs_is_stopped_after_the_longest_run_and_the_next_one_gets_its_clip(
    playground: Playground, tmp_path: Path, picture: bytes
) -> None:
    async with running_bot(playground, tmp_path, LONGEST_RUN_MINUTES="0.1"):
        playground.comfyui.hang_next()
        job = await playground.member("ada").animate(picture, "it moves", seconds=1)
        began = time.monotonic()
        text = await job.says("Failed")
        print(f"hang: told after {time.monotonic() - began:.1f} s, allowed 6 s")  # noqa: T201 - `-rP` shows it
        assert "was stopped" in text
        assert said_plainly(text)
        await (await playground.member("bob").animate(picture, "it moves", seconds=1)).video()
