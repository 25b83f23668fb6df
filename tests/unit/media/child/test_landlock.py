"""Files that a child was not given: what code that took it over could do with them."""

import sys
from pathlib import Path

import pytest

from media.child.landlock import landlock_version
from tests.sampling import one_in
from tests.unit.media.child.confined import attempt_confined

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines children")


def has_landlock() -> bool:
    """Whether the kernel has it; asked while tests are collected, so on every system."""
    if sys.platform != "linux":
        return False
    try:
        return landlock_version() > 0
    except OSError:
        return False


LANDLOCK = pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")


@LANDLOCK
@pytest.mark.parametrize(
    "action",
    one_in(
        3,
        [
            "Path('/etc/passwd').read_text()",
            "(folder / 'other').read_text()",
            "os.listdir(folder)",
            "os.listdir('/')",
            "Path(f'/proc/{os.getppid()}/environ').read_bytes()",
            "Path('/proc/self/environ').read_bytes()",
            "(folder / 'new').write_text('x')",
            "(folder / 'in').write_text('x')",
            "(folder / 'other').unlink()",
            "os.truncate(folder / 'other', 0)",
            "os.rename(folder / 'other', folder / 'out' / 'other')",
            "os.link(folder / 'other', folder / 'out' / 'other')",
            "os.symlink('/etc/passwd', folder / 'out' / 'link')",
            "os.mkfifo(folder / 'out' / 'pipe')",
            "(folder.parent / 'new-file-of-a-child').write_text('x')",
        ],
    ),
)
def test_files_that_are_not_its_own_are_out_of_reach(action: str, tmp_path: Path) -> None:
    assert attempt_confined(action, tmp_path).startswith("refused")
    assert (tmp_path / "other").read_text() == "a secret"
