"""SQL with named parameters becomes PostgreSQL's, each parameter with its type."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import storage
from storage.postgres.compiler import CLOCK, PARAMETER, TYPES, compile_statement

SOURCES = [path for path in Path(storage.__file__).parent.rglob("*.py") if "sqlite" not in path.parts]
SQL = ("SELECT", "WHERE", "UPDATE", "INSERT", "DELETE", "BETWEEN", " = :")


def texts(path: Path) -> Iterator[str]:
    """The texts of a module that are SQL."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and any(word in text for word in SQL):
            yield text


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_each_parameter_has_a_type(path: Path) -> None:
    names = {name for text in texts(path) for name in PARAMETER.findall(text)}
    assert names <= TYPES.keys()


def test_parameters_are_numbered_and_typed() -> None:
    compiled = compile_statement("SELECT :user, :id, :user::text, now() - ':x'", own_clock=False)
    assert compiled.sql == "SELECT $1::bigint, $2::text, $1::bigint::text, now() - ':x'"
    assert compiled.arguments({"user": 1, "id": "a\0", "else": 2}) == [1, "a"]


def test_lists_and_the_databases_clock() -> None:
    compiled = compile_statement("x IN LIST(:seqs) AND :now > :day", own_clock=True)
    assert (
        compiled.sql == f"x IN (SELECT unnest($1::bigint[]) AS value) AND ({CLOCK['now']}) > ({CLOCK['day']})"
    )
    assert compiled.arguments({"seqs": (1, 2)}) == [[1, 2]]
    assert compile_statement(":now", own_clock=False).names == ("now",)
