"""Whatever the level, the connections' own loggers say nothing below INFO."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from cogs.runtime.logs import start_logging

ROOT = Path(__file__).parents[4]
PROGRAM = """
import logging, sys
from cogs.runtime.logs import {start}
{start}(int(sys.argv[1]), ["open sesame"])
for name in ("x", "discord.gateway", "discord.http", "discord.webhook.async_", "aiohttp.client", "aiosqlite"):
    for level in (logging.DEBUG, logging.INFO, logging.ERROR):
        logging.getLogger(name).log(level, "%s says open sesame at %d", name, level)
"""


@pytest.mark.parametrize(("level", "ours", "theirs"), [(logging.DEBUG, 3, 2), (logging.ERROR, 1, 1)])
def test_the_wire_is_not_logged(level: int, ours: int, theirs: int) -> None:
    program = PROGRAM.format(start=start_logging.__name__)
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, str(level)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    assert sum("x says" in line for line in lines) == ours
    assert sum("discord.http says" in line for line in lines) == theirs
    assert len(lines) == ours + 5 * theirs
    assert "sesame" not in done.stderr


QUIET = """
import asyncio, logging, stamina
from cogs.runtime.logs import start_logging
start_logging(logging.INFO, [])
log = logging.getLogger("discord.gateway")
log.warning("Can't keep up, shard ID %s websocket is %.1fs behind.", None, 41)
log.warning("Shard ID None has stopped responding to the gateway.")

@stamina.retry(on=ConnectionError, attempts=2, wait_initial=0)
def fetch_clip():
    raise ConnectionError("the server hung up")

try:
    fetch_clip()
except ConnectionError:
    pass
"""


def test_lines_of_libraries_that_say_nothing_are_left_out_or_say_why() -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", QUIET], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "keep up" not in done.stderr
    assert "stopped responding" in done.stderr
    assert "retry_scheduled" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if "fetch_clip" in line]
    assert "the server hung up" in line


def test_lines_of_a_process_without_a_terminal_are_json() -> None:
    program = PROGRAM.format(start=start_logging.__name__)
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, str(logging.INFO)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = list(map(json.loads, done.stderr.splitlines()))
    assert {"level": "ERROR", "logger": "x", "message": "x says [hidden] at 40"}.items() <= lines[1].items()
