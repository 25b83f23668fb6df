"""A ComfyUI that floods and lies beside a normal one: the bot stays small and quick, other jobs whole."""

import asyncio
import json
import re
import sqlite3
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from playground.comfyui import ComfyUI, attacks
from playground.comfyui.attacks import Attack, Edit
from playground.comfyui.hostile import HostileComfyUI
from playground.errors import NeverHappened, Refused
from playground.playground import Playground
from playground.tracked_job import TrackedJob
from tests.chaos.test_memory import memory
from tests.e2e.process import running_bot
from tests.forking.bot import STALLS

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, forks the bot"),
]
MAX_MEGABYTES = 300
MAX_STALL = 0.05  # seconds
JOBS_AT_ONCE = 3
PHASE_SECONDS = 4.0
LISTS = b"[" + b"[]," * 4_999_999 + b"[]]"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # which discord.py gives its own lines in a container
EVIL = "\\u001b[2J\\nFATAL forged\\u202e\\u2028"
AFTERWARDS = "afterwards"
JOBS = "SELECT id, server, state, seconds, charged, reason FROM job"


def message(size: int) -> str:
    return attacks.message("status", x="x" * size)


def times(start: float, end: float) -> Edit:
    """Tell other times of a run."""

    def edit(body: bytes) -> bytes:
        for kind, at in (("execution_start", start), ("execution_success", end)):
            pattern = rb'("%b", \{[^}]*"timestamp": )\d+' % kind.encode()
            body = re.sub(pattern, rb"\g<1>%d" % int(at * 1000), body)
        return body

    return edit


def failing(body: bytes) -> bytes:
    """Tell of a fault, in words that forge lines and clear terminals."""
    error = (
        f'"node_id": "{EVIL}", "node_type": "{EVIL}", "exception_message": "{EVIL}", "exception_type": "x"'
    )
    return body.replace(b'"execution_success", {', b'"execution_error", {%b, ' % error.encode())


def phases(elsewhere: str) -> Mapping[str, tuple[Mapping[str, Attack], Mapping[str, Edit]]]:
    """What it does, by a name for each."""
    now = time.time()
    websockets: dict[str, Attack] = {
        "empty messages": attacks.flood(""),
        "pings": attacks.flood(None),
        "events": attacks.flood(message(10)),
        "large events": attacks.flood(message(60_000)),
        "JSON of lists": attacks.flood("[" + ",".join(["[]"] * 20_000) + "]"),
        "previews of half a megabyte": attacks.flood(attacks.preview(2**19)),
        "previews of 8 MB": attacks.flood(attacks.preview(2**23 - 100)),
        "previews of 32 MB": attacks.flood(attacks.preview(2**25)),
        "a websocket led elsewhere": attacks.redirect(f"{elsewhere}/ws"),
    }
    answers: dict[str, dict[str, Attack]] = {
        "64 MB of JSON": {"/queue": attacks.answers(LISTS * 4), "/history": attacks.answers(LISTS * 4)},
        "15 MB of JSON": {
            "/object_info": attacks.answers(LISTS),
            "/queue": attacks.answers(LISTS[: 7 * 2**20]),
        },
        "as many lists as are parsed": {"/": attacks.answers(b"[" + b",".join([b"[]"] * 120_000) + b"]")},
        "deep nesting": {
            "/queue": attacks.answers(b"[" * 10**6),
            "/system_stats": attacks.answers(b"[" * 60_000),
        },
        "endless chunks": {"/history": attacks.endless(b"x" * 2**16), "/prompt": attacks.endless(b" ")},
        "chunks of one byte": {"/history": attacks.endless(b"1"), "/object_info": attacks.endless(b"1")},
        "bombs": {"/queue": attacks.compressed(2**30), "/history": attacks.compressed(2**30)},
        "slowness": {"/queue": attacks.slow(0.5), "/view": attacks.slow(0.5), "/upload": attacks.slow(0.5)},
        "endless files": {"/view": attacks.endless(b"\0\0\0\x18ftypmp42" + bytes(2**16))},
        "redirects": {"/": attacks.redirect(f"{elsewhere}/queue")},
        "lies about ids": {"/prompt": attacks.answers(b'{"prompt_id": "another", "node_errors": {}}')},
    }
    edits: dict[str, dict[str, Edit]] = {
        "a run of 30 days": {"/history": times(now, now + 30 * 86400)},
        "a run of -3600 s": {"/history": times(now, now - 3600)},
        "faults that forge": {"/history": failing},
    }
    return (
        {name: ({"/ws": attack}, {}) for name, attack in websockets.items()}
        | {name: (attack, {}) for name, attack in answers.items()}
        | {name: ({}, edit) for name, edit in edits.items()}
    )


async def test_a_hostile_server_costs_little_and_harms_no_job_of_another(
    tmp_path: Path, picture: bytes
) -> None:
    stalls, peaks = tmp_path / "stalls.json", dict[str, int]()
    async with (
        Playground(comfyui={"speed": 50}) as playground,
        ComfyUI(speed=50) as lent,
        HostileComfyUI() as elsewhere,
        HostileComfyUI(lent.url) as hostile,
    ):
        servers = f"{playground.comfyui.url},{hostile.url}"
        normal, spoiling = (each.removeprefix("http://") for each in servers.split(","))
        settings = {"COMFYUI_URL": servers, "COMFYUI_TOKEN": ",secret", STALLS: str(stalls)}
        async with running_bot(playground, tmp_path, MAX_QUEUED_PER_USER="1000", **settings) as bot:
            began = dict[str, float]()
            for name, (attack, edit) in {"": ({}, {}), "none": ({}, {}), **phases(elsewhere.url)}.items():
                began[name] = time.time()
                hostile.attack(attack, edit)
                jobs = await ask(playground, picture, name)
                await asyncio.gather(asyncio.sleep(PHASE_SECONDS), *(made(each) for each in jobs))
                peaks[name] = memory(bot, "VmHWM")
            hostile.attack({})
            began[AFTERWARDS] = time.time()
            await playground.until(
                lambda: True if all(row[2] == "done" for row in rows_of(tmp_path, normal)) else None,
                30,
                "the end of the jobs on the other server",
            )
            assert await bot.terminate() == 0
        assert elsewhere.heads == []
        log = bot.log
    rows = rows_of(tmp_path)
    report(peaks, turns := longest_stalls(stalls, began), rows, normal)
    assert max(peaks.values()) < MAX_MEGABYTES
    assert max(cpu for cpu, _, _, _ in turns) < MAX_STALL
    assert [state for _, server, state, *_ in rows if server == normal] == ["done"] * count(rows, normal)
    assert count(rows, normal) > len(peaks) / 2
    assert count(rows, spoiling) > len(peaks) / 2
    assert all(0 <= (charged or 0) < 600 for *_, charged, _ in rows)
    log = COLOUR.sub("", log)
    assert not [line for line in log.splitlines() if line.startswith("FATAL") or not line.isprintable()]
    assert "Traceback" not in log


async def ask(playground: Playground, picture: bytes, name: str) -> list[TrackedJob]:
    members = [playground.member(f"member {number}") for number in range(JOBS_AT_ONCE)]
    return [await each.animate(picture, f"it moves, {name}", seconds=1) for each in members]


async def made(job: TrackedJob) -> bool:
    """Whether a clip came; the hostile server may keep or spoil those that it was given."""
    try:
        await job.video(PHASE_SECONDS)
    except (NeverHappened, Refused):
        return False
    return True


def longest_stalls(file: Path, began: Mapping[str, float]) -> list[tuple[float, float, float, str]]:
    """The longest turns meanwhile: their CPU time in seconds, wall time, own CPU time, and the phase."""
    turns = json.loads(file.read_text(encoding="ascii"))["long"]
    found = [
        (
            min(wall, process),
            wall,
            thread,
            next((n for n, s in reversed(began.items()) if s <= at - wall), ""),
        )
        for at, wall, process, thread in turns
    ]
    return sorted((each for each in found if each[-1] not in ("", AFTERWARDS)), reverse=True)


def rows_of(folder: Path, server: str | None = None) -> list[tuple[object, ...]]:
    """The jobs in the bot's database, of one server or of all."""
    with closing(sqlite3.connect(folder / "data" / "animate.db")) as database:
        return [row for row in database.execute(JOBS) if server in (None, row[1])]


def count(rows: list[tuple[object, ...]], server: str) -> int:
    return sum(each[1] == server for each in rows)


def report(
    peaks: Mapping[str, int],
    stalls: list[tuple[float, float, float, str]],
    rows: list[tuple[object, ...]],
    normal: str,
) -> None:
    """What `-rP` shows."""
    lines = [f"{name}: the bot at most {megabytes} MB" for name, megabytes in peaks.items()]
    for name in peaks:
        worst = [f"{1000 * c:.0f} ({1000 * w:.0f}, {1000 * t:.0f})" for c, w, t, n in stalls if n == name][:4]
        lines.append(f"{name}: longest turns in ms: {', '.join(worst)}")
    lines += [f"{count(rows, normal)} of {len(rows)} jobs on the other server, all done"]
    print("\n".join(lines))  # noqa: T201 - see above
