"""The architecture: what stands where, what things are called, what a checkout must hold.

Which package may import which stands in `pyproject.toml` (import-linter); here is what that cannot say.
"""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture import (
    MIN_TESTED_LINES,
    PACKAGES,
    ROOT,
    UNIT_TESTED,
    classes,
    defined_names,
    functions,
    imported,
    modules,
    name_of,
    text_of,
    tree,
    unit_test_of,
    words_of,
)

MAX_FILES = 24  # Python files in one folder
# Modules over MIN_TESTED_LINES without a unit test of their own: what tests them instead, and why.
TESTED_ELSEWHERE = {
    "jobs/announcer.py": "tests/unit/jobs/test_announcer_conformance.py",  # a Protocol: its implementations
    "jobs/server.py": "tests/unit/jobs/test_server_conformance.py",  # likewise
    "media/errors.py": "tests/unit/media/child/test_responses.py",  # errors without code of their own
    "media/values.py": "tests/unit/media/child/test_responses.py",  # records without code of their own
}
APPLICATION = "tests.unit.cogs.bot_setup"  # tests of cogs run them in the whole application

# Names of before, which nobody could guess; as words of a name.
RETIRED = frozenset(
    {
        *("asker", "bell", "bells", "deed", "deeds", "desk", "door", "gate", "hourglass", "house"),
        *("intake", "parcel", "patient", "rooms", "twin", "wish", "wishes"),
        *("keeper", "lookups", "occupancy", "standing", "story", "vitals"),
        *("aftermath", "crowd", "furnish", "guest", "storm", "visitor", "visitors", "world", "worlds"),
    }
)


@pytest.mark.parametrize("path", [*(ROOT / "cogs").glob("*.py")], ids=lambda path: path.stem)
def test_a_module_directly_in_cogs_is_exactly_one_cog(path: Path) -> None:
    cogs = [each.name for each in classes(path) if is_cog(each)]
    assert len(cogs) == (0 if path.stem == "__init__" else 1), cogs


def test_what_cogs_share_holds_no_cog() -> None:
    shared = [path for path in modules("cogs") if path.parent != ROOT / "cogs"]
    cogs = [each for path in shared for each in classes(path) if is_cog(each) and answers_discord(each)]
    assert [each.name for each in cogs] == []


def test_packages_import_only_what_their_contracts_allow() -> None:
    """A process of its own reads the contracts of `pyproject.toml`: it disables all loggers there are."""
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_cog_imports_another_and_only_the_runtime_imports_cogs() -> None:
    names = {f"cogs.{path.stem}" for path in (ROOT / "cogs").glob("*.py") if path.stem != "__init__"}
    others = [path for path in modules(*PACKAGES) if not name_of(path).startswith("cogs/runtime/")]
    assert {name_of(path): found for path in others if (found := names & imported(path))} == {}


def is_cog(node: ast.ClassDef) -> bool:
    """Whether one of its bases is called a cog or a base of cogs."""
    bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    return bool(bases & {"Cog", "GroupCog", "InteractiveCog"})


def answers_discord(node: ast.ClassDef) -> bool:
    """Whether it has a command or a listener: abstract bases have none."""
    decorators = {
        ast.unparse(each).partition("(")[0]
        for child in ast.walk(node)
        for each in getattr(child, "decorator_list", [])
    }
    return bool(decorators & {"commands.Cog.listener", "app_commands.command"})


def test_what_people_read_awaits_nothing_but_in_callbacks_of_persistent_items() -> None:
    waiting = [
        f"{name_of(path)}: {name}"
        for path in modules("cogs/ui")
        for name, node in functions(path)
        if isinstance(node, ast.AsyncFunctionDef)
        and any(isinstance(each, ast.Await) for each in ast.walk(node))
    ]
    assert [each for each in waiting if not each.endswith(".callback")] == []


@pytest.mark.parametrize("room", [*PACKAGES, "playground"])
def test_a_folder_holds_as_many_files_as_a_reader_can_look_through(room: str) -> None:
    sizes = Counter(name_of(path.parent) for path in modules(room) if path.stem != "__init__")
    assert {folder: size for folder, size in sizes.items() if size > MAX_FILES} == {}


def test_one_class_name_means_one_thing() -> None:
    places: dict[str, set[str]] = {}
    for path in modules(*PACKAGES):
        for each in classes(path):
            places.setdefault(each.name, set()).add(name_of(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_retired_metaphor_is_a_name_again() -> None:
    found = [
        f"{name_of(path)}: {name}"
        for path in modules(*PACKAGES, "playground", "benchmarks", "tests")
        for name in retired_names(path)
    ]
    assert sorted(found) == []


def retired_names(path: Path) -> set[str]:
    """The names in a file that a retired word is part of; most files hold none in their whole text."""
    if not RETIRED & set(words_of(path.stem + "\n" + text_of(path))):
        return set()
    return {name for name in defined_names(path) if RETIRED & set(words_of(name))}


def test_a_retired_metaphor_in_a_name_is_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("def ring_theBell(): pass\n\n\nclass HouseKEEPER: gateway = 'a door'  # desk\n")
    assert retired_names(module) == {"ring_theBell", "HouseKEEPER"}


def test_a_module_that_is_not_short_has_a_unit_test_of_its_own() -> None:
    files = [path for path in modules(*UNIT_TESTED) if path.stem != "__init__"]
    long = [path for path in files if len(text_of(path).splitlines()) > MIN_TESTED_LINES]
    assert [name_of(path) for path in long if not has_unit_test(path)] == list(TESTED_ELSEWHERE)
    assert all((ROOT / test).exists() for test in TESTED_ELSEWHERE.values())


def has_unit_test(path: Path) -> bool:
    """Whether it stands where the source says, and imports the module or the package that exports it."""
    test = unit_test_of(path)
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    expected = {module, module.partition(".")[0]}
    if path.parent == ROOT / "cogs":
        expected.add(APPLICATION)
    return test.exists() and bool(expected & imported(test))


@pytest.mark.parametrize("room", [*PACKAGES, "playground"])
def test_every_package_says_what_lives_there(room: str) -> None:
    packages = [path for path in modules(room) if path.name == "__init__.py"]
    assert [name_of(path) for path in packages if not ast.get_docstring(tree(path))] == []


IMPORT_OF_BOT = re.compile(r"\bimport\b[^\n]*\bbot\b|\bfrom\s+bot\b")  # or something like it


def test_nobody_imports_the_program_itself() -> None:
    own = modules(*PACKAGES, "playground", "benchmarks", "docs", "tests")
    named = [path for path in (ROOT / "bot.py", *own) if IMPORT_OF_BOT.search(text_of(path))]
    assert [name_of(path) for path in named if "bot" in imported(path)] == []


def test_lock_files_hold_pins_and_hashes_but_no_address() -> None:
    locks = sorted(ROOT.glob("requirements*.lock"))
    assert len(locks) >= 5
    for path in locks:
        text = path.read_text(encoding="utf-8")
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
    settings = next(
        each for each in classes(ROOT / "cogs" / "runtime" / "settings.py") if each.name == "Settings"
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
    return [len(signs) for signs in re.findall(r"^(#+) ", outside_code, re.M)]


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
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.AsyncFunctionDef):
                decorators = {ast.unparse(each).partition("(")[0] for each in node.decorator_list}
                if "app_commands.command" in decorators:
                    yield f"/{node.name}"


@pytest.mark.parametrize("name", READMES)
def test_every_command_is_in_the_readme_and_no_other(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert set(re.findall(r"`(/[a-z]+)`", text)) == set(commands())


DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|toml|sql|po|json|yml|yaml))`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
EXAMPLE = re.compile(r"NAME|NNNN|CODE")  # stands for a name in a path


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_the_documents_name_only_files_that_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = [ROOT / each for each in FILE.findall(text) if not EXAMPLE.search(each)]
    linked = [document.parent / each for each in LINK.findall(text)]
    assert [each.relative_to(ROOT).as_posix() for each in (*named, *linked) if not each.exists()] == []


def test_the_walks_of_the_design_name_functions_that_exist() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    steps = re.findall(r"`([\w/]+\.py):([\w.]+)`", text)
    known = {file: dict(functions(ROOT / file)) for file, _ in steps}
    assert len(steps) > 30
    assert [f"{file}:{name}" for file, name in steps if name not in known[file]] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_the_documents_name_only_tests_that_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"`(test_\w+)`", text)) - names_of_tests()) == []


@cache
def names_of_tests() -> set[str]:
    """The names of all tests, by their text: to parse every file takes seconds."""
    definition = re.compile(r"^ *(?:async )?def (test_\w+)\(", re.M)
    return {name for path in modules("tests") for name in definition.findall(text_of(path))}
