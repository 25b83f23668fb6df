"""A module's unit tests fail when any public function of it is broken: so they test all of it (`--long`)."""

import ast
import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.architecture import ROOT, Function, functions, modules_with_unit_tests, name_of, unit_test_of

TIMEOUT = 300.0  # seconds for the tests of one module
# Broken without a failure of the module's own unit tests, and why that is right.
HELD_ELSEWHERE: dict[str, str] = {}


def public_functions(path: Path) -> list[str]:
    """The functions and methods that other modules may call; those of a Protocol have no body."""
    found = [name for name, node in functions(path) if is_public(name) and has_body(node)]
    return [name for name in found if f"{name_of(path)}:{name}" not in HELD_ELSEWHERE]


def is_public(name: str) -> bool:
    """Whether no part of a qualified name begins with an underscore."""
    return not any(part.startswith("_") for part in name.split("."))


def has_body(node: Function) -> bool:
    """Whether it does anything: a method of a Protocol is `...`."""
    return "..." not in {ast.unparse(each) for each in node.body}


@pytest.mark.long
@pytest.mark.parametrize("path", modules_with_unit_tests(), ids=name_of)
async def test_a_broken_function_is_noticed_by_the_tests_of_its_module(path: Path) -> None:
    survived = [name for name in public_functions(path) if not await fails(path, name)]
    assert survived == []


async def fails(path: Path, name: str) -> bool:
    """Whether the module's unit tests fail with this function broken."""
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-n0",
        "-p",
        "tests.broken",
        "-p",
        "no:cacheprovider",
    )
    process = await asyncio.create_subprocess_exec(
        *command,
        name_of(unit_test_of(path)),
        cwd=ROOT,
        env={**os.environ, "BROKEN": f"{name_of(path)}:{name}"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(TIMEOUT):
        return await process.wait() in (1, 2)  # tests failed, or could not be collected
