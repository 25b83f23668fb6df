"""Parses a submitted modal from the raw interaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import discord

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file uploaded in a modal, as Discord describes it; `size` in bytes."""

    url: str
    size: int
    width: int | None
    height: int | None
    content_type: str | None


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
            each["custom_id"]: [_upload(attachments[str(file)]) for file in each["values"]] for each in files
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


def _upload(attachment: Json) -> Upload:
    return Upload(
        url=attachment["url"],
        size=attachment["size"],
        width=attachment.get("width"),
        height=attachment.get("height"),
        content_type=attachment.get("content_type"),
    )
