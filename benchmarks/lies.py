"""What each client says of faults: right, a lie, or nothing at all."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import comfy
from benchmarks.rivals import FromPyPI, Ours, Polling, Rival, is_installed, opened_ideal, opened_server
from playground.comfyui import ComfyUI, Failure, Stage

HANGS = 6.0  # seconds; whoever has said nothing until then will not
AT_ONCE = 4  # faults
POLLS, PATIENCE, QUIET = 0.5, 2, 1  # seconds, instead of 10, 60, 5: here only what is said counts
Act = Callable[[ComfyUI], Awaitable[None] | None]

FAULTS: Mapping[str, tuple[Act, bool]] = {
    "error in a node": (lambda comfyui: comfyui.fail_next(Failure.ERROR), False),
    "killed, started again": (ComfyUI.restart, False),
    "killed": (ComfyUI.stop, False),
    "forgotten by the server": (lambda comfyui: comfyui.forget(comfyui.running or ""), False),
    "no file": (ComfyUI.empty_output, False),
    "silent socket": (ComfyUI.silence, True),
    "closed socket": (ComfyUI.close_sockets, True),
    "download cut": (ComfyUI.cut_download, True),
}
"""What happens at the second step, and whether there is a clip in the end."""


async def table(
    build: Callable[[comfy.Server, str, int], Awaitable[comfy.Graph]],
) -> Mapping[str, Mapping[str, str]]:
    """For each fault what each client made of it, by its name; comfyui-utils where it is installed."""
    places = asyncio.Semaphore(AT_ONCE)
    clients = {name: each for name, each in CLIENTS.items() if name != FromPyPI.name or is_installed()}

    async def row(act: Act, *, clip: bool) -> Mapping[str, str]:
        async with places:
            verdicts = await asyncio.gather(
                *(_meet(build, each, act, clip=clip) for each in clients.values())
            )
            return dict(zip(clients, verdicts, strict=True))

    rows = await asyncio.gather(*(row(act, clip=clip) for act, clip in FAULTS.values()))
    return dict(zip(FAULTS, rows, strict=True))


async def _meet(
    build: Callable[[comfy.Server, str, int], Awaitable[comfy.Graph]],
    client: Callable[[str, comfy.Server], AsyncGenerator[Rival]],
    act: Act,
    *,
    clip: bool,
) -> str:
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "clip.mp4"
        async with ComfyUI(speed=20) as comfyui, opened_server(comfyui.url, PATIENCE, QUIET) as server:
            graph = await build(server, comfyui.url, 1)
            comfyui.pause(Stage.SAMPLING, 2)
            async with asynccontextmanager(client)(comfyui.url, server) as rival:
                work = asyncio.create_task(rival.make(graph, to), name=rival.name)
                await comfyui.reached(Stage.SAMPLING, 2)
                if acting := act(comfyui):
                    await acting
                comfyui.resume()
                await asyncio.wait([work], timeout=HANGS)
                return await _judge(work, lambda: is_clip(to), clip=clip)


def is_clip(file: Path) -> bool:
    """Whether there is an MP4."""
    return file.exists() and file.read_bytes()[4:8] == b"ftyp"


async def _judge(work: asyncio.Task[None], look: Callable[[], bool], *, clip: bool) -> str:
    """Any error at all counts as right where there can be no clip."""
    if not work.done():
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        return "hangs"
    says_clip, has_clip = work.exception() is None, look()
    if says_clip and not has_clip:
        return "lies"
    return "right" if has_clip == clip else "loses it"


async def _ours(url: str, server: comfy.Server) -> AsyncGenerator[Rival]:
    yield Ours(server)


async def _ideal(url: str, server: comfy.Server) -> AsyncGenerator[Rival]:
    async with opened_ideal(url) as ideal:
        yield ideal


async def _pypi(url: str, server: comfy.Server) -> AsyncGenerator[Rival]:
    yield FromPyPI(url)


async def _polling(url: str, server: comfy.Server) -> AsyncGenerator[Rival]:
    yield Polling(url, every=POLLS)


CLIENTS = {"animate": _ours, "ideal script": _ideal, FromPyPI.name: _pypi, "polling": _polling}
