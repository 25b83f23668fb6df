"""What every test may ask for."""

import pytest

from tests.forking.client import FORKS, fork_servers


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
    config.addinivalue_line("markers", "long: runs with --long only")
    config.addinivalue_line("markers", "road: runs with --comfyui too, on a ComfyUI of the owner's")
    if FORKS and not hasattr(config, "workerinput"):  # a worker of xdist inherits them
        servers = fork_servers()
        servers.__enter__()
        config.add_cleanup(lambda: servers.__exit__(None, None, None))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `--long` they are not part of the run; with `--comfyui` only the tests of the road are."""
    road = bool(config.getoption("--comfyui"))
    if config.getoption("--long") and not road:
        return
    marker = "road" if road else "long"
    left_out = [item for item in items if bool(item.get_closest_marker(marker)) is not road]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
