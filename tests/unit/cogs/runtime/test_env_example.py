"""`.env.example`: it is what the settings and the README say, and its lines are the defaults."""

import re
from pathlib import Path

import pytest

from cogs.runtime.env_example import EXAMPLE, ROOT, render_example, setting_rows
from cogs.runtime.env_file import decode
from cogs.runtime.settings import Settings

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_file_is_up_to_date() -> None:
    """If not: `python -m cogs.runtime.env_example`."""
    assert EXAMPLE.read_text(encoding="utf-8") == render_example(README)


def test_it_has_each_setting_once_and_only_the_token_uncommented() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert re.findall(r"^#? ?([A-Z0-9_]+)=", text, re.M) == [name.upper() for name in Settings.model_fields]
    assert re.findall(r"^([A-Z0-9_]+)=(.*)$", text, re.M) == [("DISCORD_TOKEN", "")]


def test_every_line_uncommented_gives_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # no .env
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    defaults = Settings()
    for name, value in re.findall(r"^#? ?([A-Z0-9_]+)=(.*)$", decode(EXAMPLE.read_bytes()), re.M):
        monkeypatch.setenv(name, value)
    assert Settings() == defaults


def test_a_row_of_several_settings_is_told_for_each() -> None:
    rows = setting_rows("| `A`, `B_2` | `1` | of `both`, see [docs/x.md](docs/x.md), [why](y.md) |\n")
    assert rows == dict.fromkeys(("A", "B_2"), ("A, B_2", "of both, see docs/x.md, why: y.md"))


def test_a_setting_without_a_row_is_an_error() -> None:
    with pytest.raises(KeyError, match="DISCORD_TOKEN"):
        render_example("| `A` | | nothing |\n")
