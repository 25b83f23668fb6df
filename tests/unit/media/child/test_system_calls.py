"""A process that forbids it is read by no other of the same user."""

import subprocess
import sys
from pathlib import Path

import pytest

from media.child.system_calls import forbid_memory_reads
from tests.forking.python import run_python

ROOT = Path(__file__).parents[4]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines children")


@pytest.mark.parametrize("allowed", [True, False])
def test_a_process_that_forbids_it_is_read_by_none_of_the_same_user(
    allowed: bool,
) -> None:
    program = (
        "import os, subprocess, sys\n"
        "from media.child import system_calls\n"
        f"if {not allowed}: system_calls.{forbid_memory_reads.__name__}()\n"
        "system_calls.forbid_new_privileges(); system_calls.drop_capabilities()\n"
        "path = f'/proc/{os.getpid()}/environ'\n"
        "reader = [sys.executable, '-c', f'print(len(open({path!r}).read()) > 0)']\n"
        "print(subprocess.run(reader, capture_output=True, text=True).stdout)\n"
        "print(open('/proc/self/status').read().count('VmHWM'))\n"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.split() == (["True"] if allowed else []) + ["1"]


def test_the_bot_forbids_it_at_its_start() -> None:
    program = (
        "import ctypes, cli.main\n"
        "print('dumpable', ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
        "try: cli.main.main(['--help'])\n"
        "except SystemExit: print('dumpable', ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
    )
    written = run_python("-c", program).stdout
    assert (written.startswith(b"dumpable 1\n"), written.endswith(b"dumpable 0\n")) == (True, True)
