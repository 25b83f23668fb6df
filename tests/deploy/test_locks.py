"""The lock files of the extras: beside requirements.lock, what each adds and nothing that contradicts it."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.architecture import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def pins(path: Path) -> dict[str, str]:
    """Name and version of each package of a lock file."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def lock_of(extra: str) -> Path:
    return ROOT / f"requirements-{extra}.lock"


def test_every_extra_has_a_lock_file_and_no_other_is_left_over() -> None:
    found = {path.stem.removeprefix("requirements-") for path in ROOT.glob("requirements-*.lock")}
    assert found - {"dev"} == EXTRAS.keys()


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_lock_of_an_extra_pins_what_it_asks_for(extra: str) -> None:
    pinned = pins(lock_of(extra))
    for wanted in map(Requirement, EXTRAS[extra]):
        assert wanted.specifier.contains(pinned[wanted.name]), wanted


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_lock_of_an_extra_holds_nothing_that_the_bot_has_anyway(extra: str) -> None:
    """Both are installed by one command: what stood in both would have to agree for ever."""
    assert pins(lock_of(extra)).keys() & pins(ROOT / "requirements.lock").keys() == set()


@pytest.mark.parametrize("extra", EXTRAS)
def test_tests_run_with_the_versions_that_are_installed_elsewhere(extra: str) -> None:
    tested = pins(ROOT / "requirements-dev.lock")
    assert {name: tested.get(name, version) for name, version in pins(lock_of(extra)).items()} == pins(
        lock_of(extra)
    )


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
@pytest.mark.parametrize("extra", EXTRAS)
def test_the_readme_has_the_one_command_for_an_extra(readme: str, extra: str) -> None:
    command = f".venv/bin/python -m pip install -q --require-hashes -r requirements-{extra}.lock"
    assert f"`{command}`" in (ROOT / readme).read_text(encoding="utf-8")
