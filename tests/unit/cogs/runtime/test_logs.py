"""Whatever the level, the connections' own loggers say nothing below INFO."""

import json
import logging
from pathlib import Path

import pytest

from cogs.runtime.logs import start_logging
from tests.forking.python import run_python

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
    written = run_python("-c", program, str(level)).stderr.decode()
    lines = written.splitlines()
    assert sum("x says" in line for line in lines) == ours
    assert sum("discord.http says" in line for line in lines) == theirs
    assert len(lines) == ours + 5 * theirs
    assert "sesame" not in written


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
    written = run_python("-c", QUIET).stderr.decode()
    assert "keep up" not in written
    assert "stopped responding" in written
    assert "retry_scheduled" not in written
    [line] = [line for line in written.splitlines() if "fetch_clip" in line]
    assert "the server hung up" in line


def test_lines_of_a_process_without_a_terminal_are_json() -> None:
    program = PROGRAM.format(start=start_logging.__name__)
    written = run_python("-c", program, str(logging.INFO)).stderr.decode()
    lines = list(map(json.loads, written.splitlines()))
    assert {"level": "ERROR", "logger": "x", "message": "x says [hidden] at 40"}.items() <= lines[1].items()
