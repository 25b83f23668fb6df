"""Finds and reads `.env`, in whatever encoding an editor or a shell has written it; finds the data folder."""

import codecs
import io
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

ROOT = Path(__file__).absolute().parents[2]
"""The folder of bot.py, to which paths in settings are relative."""

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAVE_AS = "save it as UTF-8 (in Notepad: Save as, Encoding)"


class EnvFileUnusable(ValueError):
    """`.env` cannot be read; the message says which line and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A file or folder, and where it is not beside bot.py: a warning with the command that moves it."""

    path: Path
    warning: str = ""


def locate(path: Path, marker: str = "") -> Located:
    """A path of a setting, absolute: `~` is expanded, a relative one is beside bot.py.

    One in the current folder that holds `marker` is used where there is none beside bot.py, as by earlier
    versions: nobody starts with an empty database after an update. Raises ValueError.
    """
    try:
        path = path.expanduser()
    except RuntimeError as err:
        raise ValueError(f"{path}: no home folder is known; write the whole path") from err
    beside, here = ROOT / path, Path.cwd() / path
    if path.is_absolute() or here == beside or (beside / marker).exists() or not (here / marker).exists():
        return Located(path=Path(os.path.normpath(beside)))
    return Located(
        path=here,
        warning=f"{here} is used, as there is none beside bot.py, where it belongs. To move it: "
        + _move(here, beside),
    )


def _move(here: Path, beside: Path) -> str:
    """The command for a shell that moves a file or folder, also into a folder that is there already."""
    if os.name == "nt":
        return (
            f'move "{here}" "{beside.parent}"'
            if not beside.exists()
            else f'robocopy "{here}" "{beside}" /e /move'
        )
    source, target = shlex.quote(str(here)), shlex.quote(str(beside))
    return f"mv {source} {target}" if not beside.exists() else f"cp -a {source}/. {target}/ && rm -r {source}"


def read_env_file() -> Mapping[str, str]:
    """The names and values in `.env`, those without a value left out. Raises EnvFileUnusable."""
    path = locate(Path(".env")).path
    if not path.is_file():
        return {}
    try:
        text = decode(path.read_bytes())
    except OSError as err:
        raise EnvFileUnusable(f"{path} cannot be read: {err.strerror or err}") from err
    except UnicodeError as err:
        raise EnvFileUnusable(f"{path} is in an encoding that is not known: {SAVE_AS}") from err
    for line in parse_stream(io.StringIO(text)):
        if line.error:
            raise EnvFileUnusable(
                f"{path}, line {line.original.line}: that is not NAME=value, or a quotation mark is missing"
            )
    values = dotenv_values(stream=io.StringIO(text))
    return {name: value for name, value in values.items() if value is not None}


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 (PowerShell's `>`), or one of Windows. Raises UnicodeError.

    UTF-16 without a mark is known by its zero bytes: names of settings are ASCII.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _without_zeros(data.decode(encoding))
    if b"\0" in data:
        return _without_zeros(data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be"))
    pairs = all(
        len(each) % 2 == 0 for each in re.findall(rb"[\x80-\xff]+", data)
    )  # as in Chinese, seldom in é
    for encoding in ("utf-8", *(["gb18030"] if pairs else []), "cp1252", "latin-1"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnicodeError


def _without_zeros(text: str) -> str:
    """The text. Raises UnicodeError where it is binary data after all."""
    if re.search("[\0\ufffd]", text) or "=" not in text:
        raise UnicodeError("no text")
    return text.removeprefix("\ufeff")
