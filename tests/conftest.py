"""What every test may ask for."""

import gc
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from tests import postgres_server
from tests.forking.client import FOLDER, FORKS, fork_servers
from tests.ordering import ordered
from tests.sampling import EXAMPLES, LONG

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - what is made in it has a name of its own
MEMORY_DISK_BYTES = 2 * 1024**3  # a container has 64 MB


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long` asks for the runs that take minutes: thousands of examples, hundreds of kills.

    `--comfyui URL` asks for the tests of the road alone, against a ComfyUI of the owner's.
    """
    parser.addoption("--long", action="store_true", help="also run what takes minutes")
    parser.addoption(
        "--comfyui", metavar="URL", help="only make clips, through the whole bot, on the ComfyUI at URL"
    )
    parser.addoption(
        "--workflows", metavar="FOLDER", help="with --comfyui: also with the workflows of that folder"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tests marked `long` take tens of seconds each; those marked `road` run on any ComfyUI."""
    if config.getoption("--long"):
        os.environ[LONG] = "1"
    if LONG not in os.environ:
        settings.register_profile("default run", max_examples=EXAMPLES)
        settings.load_profile("default run")
    gc.disable()  # until all tests are collected: nothing of them is garbage
    config.addinivalue_line("markers", "long: runs with --long only")
    config.addinivalue_line("markers", "waits: for many seconds, so it begins before the others")
    config.addinivalue_line("markers", "road: runs with --comfyui too, on a ComfyUI of the owner's")
    if not hasattr(config, "workerinput"):  # a worker of xdist inherits it
        use_memory_disk()
        postgres_server.prepare_shared()
        config.add_cleanup(postgres_server.stop_shared)
    if FORKS and FOLDER not in os.environ:  # a worker of xdist inherits them
        servers = fork_servers()
        servers.__enter__()
        config.add_cleanup(lambda: servers.__exit__(None, None, None))
        if config.args_source is pytest.Config.ArgsSource.TESTPATHS:  # else they need not import all tests
            fork_workers(config)


def fork_workers(config: pytest.Config) -> None:
    """Let xdist fork its workers from a process that has imported all tests."""
    program = shlex.join([sys.executable, "-m", "tests.forking.worker"])
    config.option.tx = [f"{each}//python={program}" for each in config.option.tx]


def use_memory_disk() -> None:
    """Put temporary folders into memory, where there is room: SQLite waits for a disk at each commit."""
    if sys.platform != "linux" or "TMPDIR" in os.environ or not os.access(MEMORY_DISK, os.W_OK):
        return
    if shutil.disk_usage(MEMORY_DISK).free >= MEMORY_DISK_BYTES:
        os.environ["TMPDIR"] = str(MEMORY_DISK)
        tempfile.tempdir = None  # read it again


def pytest_collection_finish() -> None:
    """What collection has made stays: the garbage collector need not go through it again and again."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `--long` those are not part of the run; with `--comfyui` only the tests of the road are."""
    road = bool(config.getoption("--comfyui"))
    chosen, left_out = items, list[pytest.Item]()
    if road or not config.getoption("--long"):
        marker = "road" if road else "long"
        chosen = [item for item in items if bool(item.get_closest_marker(marker)) is road]
        left_out = [item for item in items if bool(item.get_closest_marker(marker)) is not road]
    config.hook.pytest_deselected(items=left_out)
    items[:] = ordered(chosen)
