"""Parses a submitted modal, and the files that Discord describes, from raw JSON."""

import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, cast

import discord

Json = Mapping[str, Any]

SPOILER_PREFIX = "SPOILER_"  # of a file's name
IS_SPOILER = 1 << 3  # of an attachment's flags
UNTOLD = frozenset({"", "application/octet-stream"})  # types that say nothing
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


def parse_submission(interaction: discord.Interaction[Any]) -> ModalSubmission:
    """Read a modal's submission (Discord reference, "Modal Submit Data Structure")."""
    data = cast("Json", interaction.data)
    attachments: Json = data.get("resolved", {}).get("attachments", {})
    fields = list(_fields(data["components"]))
    files = [each for each in fields if each.get("type") == discord.ComponentType.file_upload.value]
    return ModalSubmission(
        custom_id=data["custom_id"],
        texts={each["custom_id"]: each["value"] for each in fields if isinstance(each.get("value"), str)},
        choices={each["custom_id"]: each["values"] for each in fields if "values" in each},
        uploads={
            each["custom_id"]: [parse_file(attachments[str(file)]) for file in each["values"]]
            for each in files
        },
    )


def _fields(components: Sequence[Json]) -> Iterator[Json]:
    """Every field, in labels and in action rows."""
    for each in components:
        if "component" in each:
            yield from _fields([each["component"]])
        elif "components" in each:
            yield from _fields(each["components"])
        elif "custom_id" in each:
            yield each


def parse_file(data: Json) -> Upload:
    """A file of an interaction, a message or a component (Discord reference, "Attachment Object")."""
    url = str(data.get("url", ""))
    filename = str(data.get("filename") or data.get("name") or url.partition("?")[0].rpartition("/")[2])
    flagged = _number(data.get("flags")) & IS_SPOILER or data.get("spoiler") is True
    return Upload(
        url=url,
        size=_number(data.get("size")),
        width=_number(data.get("width")) or None,
        height=_number(data.get("height")) or None,
        content_type=str(data["content_type"]) if data.get("content_type") else None,
        filename=filename,
        spoiler=bool(flagged) or filename.startswith(SPOILER_PREFIX),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def may_be_picture(file: Upload) -> bool | None:
    """Whether a file is a picture by its type, else by its name; None where neither says anything.

    What may be one is looked at when it is fetched.
    """
    kind = (file.content_type or "").lower()
    if kind in UNTOLD:
        kind = (mimetypes.guess_type(file.filename.lower())[0] or "") if file.filename else ""
        kind = EXTRA_TYPES.get(PurePosixPath(file.filename).suffix.lower(), kind)
    return None if kind in UNTOLD else kind.startswith("image/") and not kind.startswith("image/svg")
