"""A submitted modal, read from what Discord sends."""

from dataclasses import dataclass
from typing import Any

from cogs.ui.submissions import parse_submission


@dataclass
class Submitted:
    """The part of an interaction that holds the modal."""

    data: dict[str, Any]


def test_fields_are_found_in_labels_and_rows_by_what_they_are() -> None:
    picture = {"url": "https://x/a.png", "size": 5, "width": 3, "content_type": "image/png"}
    data = {
        "custom_id": "animate:1",
        "components": [
            {"type": 18, "component": {"type": 4, "custom_id": "prompt", "value": "it moves"}},
            {"type": 1, "components": [{"type": 4, "custom_id": "seed", "value": ""}]},
            {"type": 18, "component": {"type": 3, "custom_id": "motion", "values": ["wind"]}},
            {"type": 18, "component": {"type": 19, "custom_id": "image", "values": ["7"]}},
            {"type": 10, "content": "a text"},
        ],
        "resolved": {"attachments": {"7": picture}},
    }
    interaction: Any = Submitted(data)
    found = parse_submission(interaction)
    assert found.custom_id == "animate:1"
    assert found.texts == {"prompt": "it moves", "seed": ""}
    assert found.choices["motion"] == ["wind"]
    [upload] = found.uploads["image"]
    assert (upload.url, upload.size, upload.width, upload.height) == ("https://x/a.png", 5, 3, None)


def test_an_empty_modal_has_no_fields() -> None:
    interaction: Any = Submitted({"custom_id": "x", "components": []})
    found = parse_submission(interaction)
    assert (found.texts, found.choices, found.uploads) == ({}, {}, {})
