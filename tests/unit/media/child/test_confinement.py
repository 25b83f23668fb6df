"""A confined child does its work, and no more of it than its limits allow."""

import sys
from pathlib import Path

import pytest

from tests.unit.media.child.confined import attempt_confined

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines children")


@pytest.mark.parametrize(
    "action",
    [
        "[os.dup(1) for _ in range(100)]",
        "os.truncate(folder / 'out' / 'huge', 1 << 40) or (folder / 'out' / 'huge').stat()",
        "os.posix_fallocate(os.open(folder / 'out' / 'huge', os.O_CREAT | os.O_RDWR), 0, 2 << 30)",
    ],
)
def test_descriptors_and_files_are_limited(action: str, tmp_path: Path) -> None:
    assert attempt_confined(action, tmp_path).startswith("refused")


def test_it_can_do_its_work(tmp_path: Path) -> None:
    read = "(folder / 'in').read_text()"
    wrote = "(folder / 'out' / 'a').write_text('x')"
    moved = "(folder / 'out' / 'a').replace(folder / 'out' / 'b').read_text()"
    late_import = "len(__import__('sqlite3').__name__)"
    thread = "[t.start() or t.join() for t in [threading.Thread(target=print)]]"
    answer = attempt_confined(f"[{read}, {wrote}, {moved}, {late_import}, {thread}]", tmp_path)
    assert answer.replace("\n", "") == "done ['input', 1, 'x', 7, [None]]"
