"""A pytest plugin that breaks one function: `BROKEN=jobs/pace.py:expected_end pytest -p tests.broken …`.

The function's body becomes a `raise` as its module is imported; no file changes.
"""

import ast
import os
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

FILE, _, NAME = os.environ.get("BROKEN", "").partition(":")
TARGET = str(Path(FILE).resolve())

get_code = SourceFileLoader.get_code


def get_broken_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
    """The module's code; of TARGET with one function broken."""
    path = self.get_filename(fullname)
    if str(Path(path).resolve()) != TARGET:
        return get_code(self, fullname)
    tree = ast.parse(self.get_data(path))
    scope: ast.Module | ast.ClassDef = tree
    *outer, name = NAME.split(".")
    for each in outer:
        scope = next(node for node in scope.body if isinstance(node, ast.ClassDef) and node.name == each)
    for node in scope.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            node.body = ast.parse("raise AssertionError('broken on purpose')").body
    return compile(ast.fix_missing_locations(tree), path, "exec")


if NAME:
    SourceFileLoader.get_code = get_broken_code  # type: ignore[method-assign]
