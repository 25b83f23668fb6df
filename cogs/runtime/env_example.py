"""Writes `.env.example`: `python -m cogs.runtime.env_example`. Names and defaults are those of Settings.

What each setting means is taken from the table in README.md, so that it is written once.
"""

import re
import sys
import textwrap
from collections.abc import Collection, Mapping
from enum import Enum
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from cogs.runtime.env_file import ROOT
from cogs.runtime.settings import LIMITS, Settings

EXAMPLE = ROOT / ".env.example"
HEAD = """\
# Copy this file to .env beside bot.py and put your bot's token in. Every other line shows a default: to
# change it, take the # away. Written by python -m cogs.runtime.env_example from settings and README.md."""
WIDTH = 110
ROW = re.compile(r"^\| (`[A-Z0-9_`, ]+`) \|[^|]*\| (.*) \|$", re.MULTILINE)
REQUIRED = "discord_token"  # stands in the file without a #


def render_example(readme: str) -> str:
    """The text of `.env.example`. Raises KeyError where the README's table lacks a setting."""
    rows = setting_rows(readme)
    blocks, described = [HEAD], set[str]()
    for name, field in Settings.model_fields.items():
        names, meaning = rows[name.upper()]
        assignment = _assignment(name, field.get_default(call_default_factory=True))
        if meaning in described:
            blocks[-1] += "\n" + assignment
            continue
        described.add(meaning)
        blocks.append(f"{_comment(names, meaning)}\n{assignment}")
    return "\n\n".join(blocks) + "\n"


def _comment(names: str, meaning: str) -> str:
    """What a block of settings means, as lines of a comment; with their names where there are several."""
    text = f"{names}: {meaning}" if "," in names else meaning
    lines = textwrap.wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"# {line}" for line in lines)


def setting_rows(readme: str) -> Mapping[str, tuple[str, str]]:
    """By the name of each setting: the names in its row of the README's table, and what they mean."""
    return {
        name: (_plain(names), _plain(meaning))
        for names, meaning in ROW.findall(readme)
        for name in re.findall(r"`([A-Z0-9_]+)`", names)
    }


def _plain(markdown: str) -> str:
    """Markdown without its backticks and its links' addresses."""
    text = markdown.replace("`", "")
    return re.sub(r"\[([^]]+)\]\(([^)]+)\)", _link, text)


def _link(link: re.Match[str]) -> str:
    """A link as plain text, its address once."""
    return link[2] if link[1] == link[2] else f"{link[1]}: {link[2]}"


def _assignment(name: str, default: object) -> str:
    """The line that gives a setting its default."""
    line = f"{name.upper()}={written(name, default)}"
    return line if name == REQUIRED else f"# {line}"


def written(name: str, default: object) -> str:
    """A default as it would be written into `.env`."""
    if default is None or default is PydanticUndefined:
        return "none" if name in LIMITS else ""
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, Enum):
        return str(default.value)
    if isinstance(default, str | int | float | Path):
        return default.as_posix() if isinstance(default, Path) else str(default)
    if isinstance(default, Collection):
        return ", ".join(map(str, default))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    raise TypeError(f"{name}: how its default is written in .env is not known")


if __name__ == "__main__":
    EXAMPLE.write_text(
        render_example((ROOT / "README.md").read_text(encoding="utf-8")), encoding="utf-8", newline="\n"
    )
    sys.stdout.write(f"{EXAMPLE}\n")
