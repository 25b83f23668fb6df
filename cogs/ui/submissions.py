"""Parses a submitted modal, and the files that Discord describes, from raw JSON."""

import mimetypes
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, cast

import discord

from jobs.errors import Refusal

Json = Mapping[str, Any]

SPOILER_PREFIX = "SPOILER_"  # of a file's name
IS_SPOILER = 1 << 3  # of an attachment's flags
FILE_UPLOAD = discord.ComponentType.file_upload.value
MAX_VALUES = 25  # of a select, Discord's limit; a modal has fewer fields
MAX_INTEGER = 2**63 - 1  # that SQLite can store
UNTOLD = frozenset({"", "application/octet-stream"})  # types that say nothing
MEASURED_TYPES = ("video/", "image/")  # which have a width and are no pictures for us
EXTRA_TYPES = {
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
}  # which Python or the system may not know


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as Discord describes it, which may leave out the type; `size` in bytes, 0 where unknown."""

    url: str
    size: int
    width: int | None
    height: int | None
    content_type: str | None
    filename: str = ""
    spoiler: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalSubmission:
    """A submitted modal: texts, choices and uploads by the custom id of their field."""

    custom_id: str
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    uploads: Mapping[str, Sequence[Upload]] = field(default_factory=dict[str, Sequence[Upload]])


def parse_custom_id(interaction: discord.Interaction[Any]) -> str:
    """The custom id of a component or a modal, which anybody can make up; "" where there is none."""
    return _text(_mapping(interaction.data).get("custom_id"))


def parse_choice(interaction: discord.Interaction[Any]) -> list[str]:
    """What is chosen in a select, never nothing: ours have no empty choice. Raises Refusal."""
    values = _texts(_mapping(interaction.data).get("values"))
    if not values or len(values) > MAX_VALUES:
        raise Refusal("outdated")
    return values


def parse_number(argument: str) -> int | None:
    """The id or number that a custom id holds, from 0 to what SQLite can store; None for anything else."""
    number = int(argument) if re.fullmatch("[0-9]{1,19}", argument) else MAX_INTEGER + 1
    return number if number <= MAX_INTEGER else None


def parse_submission(interaction: discord.Interaction[Any]) -> ModalSubmission:
    """Read a modal's submission (Discord reference, "Modal Submit Data Structure").

    What is not as Discord describes it is left out. Raises Refusal for an upload that is not there.
    """
    data = _mapping(interaction.data)
    attachments = _mapping(_mapping(data.get("resolved")).get("attachments"))
    fields = {_text(each.get("custom_id")): each for each in _fields(data.get("components"))}
    files = {name: each for name, each in fields.items() if each.get("type") == FILE_UPLOAD}
    return ModalSubmission(
        custom_id=_text(data.get("custom_id")),
        texts={name: _text(each["value"]) for name, each in fields.items() if "value" in each},
        choices={name: _texts(each["values"]) for name, each in fields.items() if "values" in each},
        uploads={name: _uploads(_texts(each.get("values")), attachments) for name, each in files.items()},
    )


def _uploads(ids: Sequence[str], attachments: Json) -> list[Upload]:
    """The uploads with these ids. Raises Refusal where one is missing."""
    found = [_mapping(attachments.get(each)) for each in ids]
    if not all(found):
        raise Refusal("fetch")
    return [parse_file(each) for each in found]


def _fields(components: object, depth: int = 0) -> Iterator[Json]:
    """Every field, in labels and in action rows, which hold no others."""
    for each in map(_mapping, _list(components)[:MAX_VALUES]):
        if "custom_id" in each:
            yield each
        elif depth == 0:
            yield from _fields([each.get("component"), *_list(each.get("components"))], depth + 1)


def _mapping(value: object) -> Json:
    return cast("Json", value) if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [_text(each) for each in _list(value) if isinstance(each, str)]


def _text(value: object) -> str:
    """A text that can be encoded: JSON may hold halves of surrogate pairs."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def parse_file(data: Json) -> Upload:
    """A file of an interaction, a message or a component (Discord reference, "Attachment Object")."""
    url = _text(data.get("url"))
    filename = _text(data.get("filename") or data.get("name")) or url.partition("?")[0].rpartition("/")[2]
    flagged = _number(data.get("flags")) & IS_SPOILER or data.get("spoiler") is True
    return Upload(
        url=url,
        size=_number(data.get("size")),
        width=_number(data.get("width")) or None,
        height=_number(data.get("height")) or None,
        content_type=_text(data.get("content_type")) or None,
        filename=filename,
        spoiler=bool(flagged) or filename.startswith(SPOILER_PREFIX),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def may_be_picture(file: Upload) -> bool | None:
    """Whether a file is a picture by its type, else by its name; None where neither says anything.

    What may be one is looked at when it is fetched; a file whose pixels Discord has counted may be one.
    """
    kind = (file.content_type or "").lower()
    if kind in UNTOLD:
        ending = PurePosixPath(file.filename).suffix.lower()
        kind = (
            EXTRA_TYPES.get(ending) or mimetypes.guess_type(f"file{ending}")[0] or ""
        )  # a name may look like a URL
    if kind in UNTOLD:
        return None
    if kind.startswith("image/") and not kind.startswith("image/svg"):
        return True
    return None if file.width and not kind.startswith(MEASURED_TYPES) else False
