"""What the tests of the architecture read: modules, names and imports of the source, as syntax trees."""

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("cli", "cogs", "jobs", "storage", "comfy", "media")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[Path]:
    """Every Python file below these folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def text_of(path: Path) -> str:
    """What a file holds."""
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """A file as a syntax tree. All files take seconds: look into their text first where that suffices."""
    return ast.parse(text_of(path))


def name_of(path: Path) -> str:
    """The path below the root, with slashes on every system."""
    return path.relative_to(ROOT).as_posix()


IMPORT = re.compile(
    r"^[ \t]*(from[ \t]+[.\w]+[ \t]+import[ \t]+(?:\([^)]*\)|[^\n(]+)|import[ \t]+[^\n]+)", re.MULTILINE
)
"""A statement that begins a line, or what looks like one."""
LONG_TEXT = re.compile(r"(\"{3}|'{3}).*?\1", re.DOTALL)
"""Docstrings, and programs that a test lets another process run."""


@cache
def imported(path: Path) -> frozenset[str]:
    """Every module that a file imports, as `a.b.c`; of `from a.b import c` both `a.b` and `a.b.c`."""
    code = LONG_TEXT.sub("", text_of(path))
    return frozenset(name for match in IMPORT.finditer(code) for name in _imports(match[1]))


def _imports(statement: str) -> Iterator[str]:
    """None where it is words of a text that only begin as one."""
    with suppress(SyntaxError):
        for node in ast.parse(statement).body:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def words_of(text: str) -> list[str]:
    """The words of names in snake_case, CAPITALS or CamelCase, in small letters."""
    return [each.lower() for each in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)]


def classes(path: Path) -> list[ast.ClassDef]:
    """The classes of a file's top level."""
    return [node for node in tree(path).body if isinstance(node, ast.ClassDef)]


def functions(path: Path) -> Iterator[tuple[str, Function]]:
    """The functions and methods of a file by qualified name, those inside functions left out."""
    for node in tree(path).body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.{each.name}", each) for each in node.body if isinstance(each, Function)
            )


def defined_names(path: Path) -> Iterator[str]:
    """The names that a file gives: its own, those of classes, functions, parameters and constants."""
    yield path.stem
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef | Function):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


UNIT_TESTED = ("cogs", "jobs", "storage", "comfy", "media")
MIN_TESTED_LINES = 60  # a longer module has a test file of its own


def unit_test_of(path: Path) -> Path:
    """Where the unit tests of a module stand."""
    return ROOT / "tests" / "unit" / path.relative_to(ROOT).with_name(f"test_{path.stem}.py")


def modules_with_unit_tests() -> list[Path]:
    """The modules of the source that have unit tests of their own."""
    return [path for path in modules(*UNIT_TESTED) if unit_test_of(path).exists()]
