"""The house: which room may import which, and what a checkout must look like."""

import ast
import re
from collections.abc import Callable, Iterator
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
    source = (ROOT / "cogs" / "runtime" / "settings.py").read_text(encoding="utf-8")
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


READMES = ("README.md", "README.zh-CN.md")


def headings(text: str) -> list[int]:
    """The levels of its headings, in order."""
    outside_code = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return [len(marks) for marks in re.findall(r"^(#+) ", outside_code, re.M)]


def typed(text: str) -> list[str]:
    """What a reader copies into a terminal."""
    on_windows = re.findall(r"^On Windows.*?`(.+)`$|^Windows.*?`(.+)`$", text, re.M)
    return re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S) + ["".join(each) for each in on_windows]


def first_cells(text: str) -> list[str]:
    """The code in the first cell of each table's row: settings, files, commands."""
    return [
        code for row in re.findall(r"^\s*\| (`[^|]+)\|", text, re.M) for code in re.findall("`(.+?)`", row)
    ]


@pytest.mark.parametrize("look", [headings, typed, first_cells])
def test_the_readmes_of_both_languages_say_the_same(look: Callable[[str], list[object]]) -> None:
    english, chinese = (look((ROOT / name).read_text(encoding="utf-8")) for name in READMES)
    assert english
    assert chinese == english


def commands() -> Iterator[str]:
    """The names of all slash commands: those of the functions."""
    for path in (ROOT / "cogs").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef):
                decorators = {ast.unparse(each).partition("(")[0] for each in node.decorator_list}
                if "app_commands.command" in decorators:
                    yield f"/{node.name}"


@pytest.mark.parametrize("name", READMES)
def test_every_command_is_in_the_readme_and_no_other(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert set(re.findall(r"`(/[a-z]+)`", text)) == set(commands())
