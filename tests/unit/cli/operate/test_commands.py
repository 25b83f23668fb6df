"""The commands: all are in the docs, all take --json, and a slip is told in words."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cli.main import parse_arguments
from cli.operate.commands import add_commands
from cli.operate.operation import OperatorCommand

ROOT = Path(__file__).parents[4]
LINES = (
    "fleet",
    "drain attic",
    "drain attic --undo",
    *("pause", "resume", "announce", "ban 1", "unban 1", "limits show", "limits set A=1", "jobs list"),
    *("jobs cancel a", "usage", "export 1", "vacuum", "audit"),
)


def names() -> Iterator[str]:
    found: list[str] = []

    def add(name: str, **_: object) -> argparse.ArgumentParser:
        found.append(name)
        return argparse.ArgumentParser(name)

    add_commands(add)
    yield from found


def test_every_command_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    section = text.partition("## Commands beside the running bot")[2].partition("\n## ")[0]
    assert [each for each in names() if f"| `{each}" not in section] == []
    assert {line.partition(" ")[0] for line in LINES} == set(names())


@pytest.mark.parametrize("line", LINES)
def test_every_command_has_a_function_and_takes_json(line: str) -> None:
    parsed = parse_arguments([*line.split(), "--json"])
    assert isinstance(parsed.operation, OperatorCommand)
    assert parsed.json


@pytest.mark.parametrize("line", [["limits"], ["jobs"], ["ban"], ["usage", "--days", "x"], ["limits", "set"]])
def test_what_is_left_out_is_told(line: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_arguments(line)
    assert ended.value.code == 2
    assert "usage: bot.py" in capsys.readouterr().err
