"""Reads the settings for the command line: every mistake at once, each in one sentence with its fix."""

import difflib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cogs.runtime.env_file import EnvFileUnusable, locate, read_env_file
from cogs.runtime.setting_values import clean, shown
from cogs.runtime.settings import LIMITS, Settings

MIN_LIKENESS = 0.88  # of a name that is asked about to that of a setting
MAX_NAMED = 1e5  # a bound above is for what no owner means
SECRET = ("discord_token", "comfyui_token", "proxy")


class SettingsUnusable(Exception):
    """Settings cannot be used; `mistakes` has a sentence for each."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n  ".join(["These settings cannot be used:", *mistakes]))
        self.mistakes = mistakes


def read_settings(kind: type[Settings] = Settings) -> tuple[Settings, Sequence[str]]:
    """The settings, and what their owner should be warned of. Raises SettingsUnusable."""
    mistakes, settings = list[str](), None
    try:
        mistakes += _unknown_names(read_env_file(), set())
        settings = kind()
    except EnvFileUnusable as err:
        mistakes.append(str(err))
    except ValidationError as err:
        mistakes += [describe(each) for each in err.errors()]
    mistakes += [each for each in _unknown_names(os.environ, os.environ.keys()) if each not in mistakes]
    if settings is None or mistakes:
        if not _given().get("discord_token"):
            mistakes.append("DISCORD_TOKEN: there is none; README.md says where to get it")
        raise SettingsUnusable(mistakes)
    return settings, _warnings()


def _given() -> Mapping[str, str]:
    """All that is set, by small names; nothing of a `.env` that cannot be read."""
    try:
        file = read_env_file()
    except EnvFileUnusable:
        file = {}
    return {name.lower(): clean(value) for name, value in {**file, **os.environ}.items()}


def _warnings() -> Sequence[str]:
    """Where something is used that is not beside bot.py."""
    data = Path(_given().get("data_dir") or "data")
    found = (locate(Path(".env")), locate(data, "animate.db"))
    return [each.warning for each in found if each.warning]


def _unknown_names(values: Mapping[str, str], given: Collection[str]) -> Iterator[str]:
    """Ask about names that are almost those of settings, but for settings that are `given` too.

    Of the environment, whose settings are `given`, names of one word are those of many other programs.
    """
    known = [name.upper() for name in Settings.model_fields]
    for name in sorted(values.keys() - set(known)):
        near = _near(name.upper(), known) if "_" in name or not given else None
        if near and name.upper() not in known and near not in given:
            yield f"{name}: there is no such setting. Did you mean {near}? Rename it, or take it away"


def _near(name: str, known: Sequence[str]) -> str | None:
    """The setting that a name almost is."""
    plain = {each.replace("_", ""): each for each in known}
    bare = "".join(filter(str.isalnum, name))
    if bare in plain:
        return plain[bare]
    near = difflib.get_close_matches(name, known, n=1, cutoff=MIN_LIKENESS)
    return near[0] if near else None


def describe(error: ErrorDetails) -> str:
    """One mistake of pydantic in our words: the setting, what is wrong with it, what to write."""
    field = str(error["loc"][0])
    return f"{field.upper()}: {_sentence(field, error)}"


def _sentence(field: str, error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    value = "the value" if field in SECRET else shown(error["input"])
    return f"{value} is not {_expected(field, error)}"


def _expected(field: str, error: ErrorDetails) -> str:
    """What a value should have been, as the end of a sentence."""
    kind = error["type"]
    if kind.startswith("bool"):
        return "a choice: write true or false"
    if kind == "enum":
        return f"one of {error.get('ctx', {}).get('expected', '')}".replace("'", "")
    if kind.startswith("path"):
        return "a path"
    return _expected_number(field)


def _expected_number(field: str) -> str:
    """The range of a setting that is a number, and its default."""
    info = Settings.model_fields[field]
    words = ["a whole number" if "int" in str(info.annotation) else "a number"]
    for bound in info.metadata:
        for name, text in (("gt", "of more than"), ("ge", "from"), ("le", "up to")):
            limit = getattr(bound, name, None)
            if limit is not None and limit < MAX_NAMED:
                words.append(f"{text} {limit:,.0f}")
    default = "none" if info.default is None else f"{info.default:g}"
    off = "; none turns this limit off" if field in LIMITS else ""
    return f"{' '.join(words)}, without a unit: {default} is the default{off}"
