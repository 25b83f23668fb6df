"""System calls that a child does not need: what code that took it over could do with them."""

import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from media.child.seccomp import refuse_system_calls
from tests.sampling import one_in
from tests.unit.media.child.confined import attempt_confined

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines children")


@pytest.mark.parametrize(
    "action",
    one_in(
        3,
        [
            "socket.socket()",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
            "socket.socket(socket.AF_UNIX)",
            "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
            "os.fork()",
            "os.posix_spawn('/bin/true', ['true'], {})",
            "subprocess.run(['/bin/true'])",
            "os.execv('/bin/true', ['true'])",
            "os.kill(os.getppid(), 0)",
            "os.setpriority(os.PRIO_PROCESS, os.getppid(), 10)",
            "__import__('resource').prlimit(os.getppid(), 7, (8, 8))",
            "os.pidfd_open(os.getppid())",
            "os.chmod(folder / 'other', 0o777)",
            "os.utime(folder / 'other', (0, 0))",
            "os.setxattr(folder / 'other', 'user.x', b'1')",
        ],
    ),
)
def test_network_processes_and_attributes_of_files_are_refused(action: str, tmp_path: Path) -> None:
    assert attempt_confined(action, tmp_path).startswith("refused")


def test_it_aborts_by_a_signal_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        attempt_confined("os.abort()", tmp_path)
    assert caught.value.returncode == -signal.SIGABRT


def test_an_architecture_without_a_filter_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(OSError, match="riscv64"):
        refuse_system_calls()
