"""Runs an expression in a process that has confined itself as a child of the bot does."""

import subprocess
import sys
from pathlib import Path

from media.child.confinement import confine

ROOT = Path(__file__).parents[4]
PROGRAM = f"""
import os, sys, socket, subprocess, threading, time
from pathlib import Path
from media.child.limits import apply_limits
from media.child.confinement import {confine.__name__}
folder = Path(sys.argv[1])
def attempt(action):
    try:
        print("done", action())
    except (OSError, subprocess.SubprocessError, RuntimeError) as err:
        print("refused", type(err).__name__)
apply_limits(memory=1 << 30, seconds=20)
print(confine(readable=[folder / "in"], writable=[folder / "out"]), flush=True)
"""


def attempt_confined(action: str, folder: Path) -> str:
    """Run an expression where `in` may be read and `out` written to; returns what it came to."""
    (folder / "in").write_text("input")
    (folder / "other").write_text("a secret")
    (folder / "out").mkdir()
    program = f"{PROGRAM}attempt(lambda: {action})\n"
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, str(folder)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    given_up, answer = done.stdout.strip().split("\n", 1)
    assert given_up == "[]"
    return answer
