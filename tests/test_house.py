"""The house: which room may import which, and what a checkout must look like."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = {
    "cogs": {"storage", "comfy", "media"},
    "storage": set[str](),
    "comfy": set[str](),
    "media": set[str](),
    "playground": set[str](),
}
MAY_KNOW_DISCORD = {"cogs"}


def imports(path: Path) -> Iterator[str]:
    """The first part of every name that a module imports from elsewhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    forbidden = (ROOMS.keys() | {"bot"}) - ROOMS[room] - {room}
    if room not in MAY_KNOW_DISCORD:
        forbidden = forbidden | {"discord"}
    wrong = [
        f"{path.relative_to(ROOT)}: {name}" for path in files for name in imports(path) if name in forbidden
    ]
    assert wrong == []


def test_nobody_imports_the_front_door() -> None:
    own = [path for path in ROOT.rglob("*.py") if ".venv" not in path.parts]
    assert [path.name for path in own if "bot" in imports(path)] == []


def test_lock_files_hold_pins_and_hashes_but_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--index|--find-links|file:", text)
        packages = [line for line in text.splitlines() if line and line[0] not in " #"]
        assert all("==" in line for line in packages), packages


def test_the_readme_has_one_command_to_try_and_one_to_test() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    for heading in ("Try it", "Test it"):
        assert sections[heading].count("```") == 2, heading
        assert "python3 -m venv" in sections[heading]
        assert "On Windows" in sections[heading]


def test_every_setting_is_in_the_readme() -> None:
    source = (ROOT / "cogs" / "settings.py").read_text(encoding="utf-8")
    settings = next(
        node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == "Settings"
    )
    names = {
        each.target.id.upper()
        for each in settings.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {name for name in names if f"`{name}`" not in readme} == set()
