"""A child's limits, set in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from media.child.limits import apply_limits

ROOT = Path(__file__).parents[4]
LOWEST_PRIORITY = 19


def run_limited(code: str, *, memory: int = 1 << 30, seconds: float = 20) -> subprocess.CompletedProcess[str]:
    """Run code in a new process after it has limited itself."""
    name = apply_limits.__name__
    program = f"from media.child.limits import {name}; {name}(memory={memory}, seconds={seconds})\n{code}"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - our own program


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS caps no address space")
def test_more_memory_than_allowed_is_an_error() -> None:
    assert "MemoryError" in run_limited("bytes(400 << 20)", memory=300 << 20).stderr
    assert run_limited("bytes(100 << 20)", memory=300 << 20).returncode == 0


def test_the_process_ends_itself_when_its_time_is_over() -> None:
    ended = run_limited("import threading; threading.Event().wait()", seconds=0.3)
    assert ended.returncode == 1
    assert "Timeout" in ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there the parent sets the priority")
def test_the_process_runs_at_a_lower_priority() -> None:
    parent = os.nice(0)
    assert int(run_limited("import os; print(os.nice(0))").stdout) == min(parent + 5, LOWEST_PRIORITY)
