"""Importing this imports all tests as pytest does: with its assertions, and with warnings as errors.

A module that cannot be imported is left to whoever collects it, who says why.
"""

import contextlib
import importlib
import io
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


class Importer:
    """Imports instead of collecting."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> bool:
        """Import them, within what pytest prepares for a collection."""
        for path in sorted(TESTS.rglob("*.py")):
            if path.name.startswith("test_") or path.name == "conftest.py":
                module = path.relative_to(TESTS.parent).with_suffix("")
                with contextlib.suppress(Exception, pytest.skip.Exception):
                    importlib.import_module(".".join(module.parts))
        return True


with contextlib.redirect_stdout(io.StringIO()):
    pytest.main(["--collect-only", "--numprocesses=0"], plugins=[Importer()])
importlib.import_module("tests.forking.warm")
