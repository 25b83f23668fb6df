"""Jobs in every state, and what a card shows as lines of text."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import discord
from discord import ui
from hypothesis import strategies as st

from cogs.i18n.catalogue import LANGUAGES
from storage import Load, Reason, State
from tests.unit.jobs.sample_jobs import JOB, PARAMS, job

LOCALES = list(LANGUAGES)
MAX_CHARACTERS = 4000
MAX_COMPONENTS = 40
TEXTS = st.text(st.sampled_from("a*_`~|>@<\n 猫🐈"), min_size=1, max_size=1500).filter(str.strip)
RUNNING = replace(
    job(prompt="*the dog* sleeps @everyone"), created_at=1_795_000_000, started_at=1_795_000_030, seconds=None
)
WAITING = replace(
    RUNNING,
    id="22222222-0000-4000-8000-000000000000",
    state=State.QUEUED,
    started_at=None,
    params=replace(PARAMS, prompt="the cat jumps"),
)
STOPPING = replace(RUNNING, cancel_requested=True)
DONE = replace(
    RUNNING,
    params=replace(PARAMS, prompt="她 笑了", choices={"sampler": "unipc"}),
    seconds=28.25,
    id="33333333-0000-4000-8000-000000000000",
    state=State.DONE,
    result_message=5,
    clip="x.mp4",
    finished_at=1_795_000_060,
    parent=JOB.id,
    root=JOB.id,
)
FAILED = replace(
    DONE,
    id="44444444-0000-4000-8000-000000000000",
    state=State.FAILED,
    result_message=None,
    reason=Reason(code="memory", values={"node": "Sampler"}),
)
CANCELLED = replace(
    FAILED,
    id="55555555-0000-4000-8000-000000000000",
    state=State.CANCELLED,
    reason=Reason(code="by_moderator"),
)
SENT_BY_DM = replace(DONE, id="66666666-0000-4000-8000-000000000000", result_channel=9)
LOAD = Load(queued=3, running=1)


def check_limits(card: ui.LayoutView) -> None:
    assert card.content_length() <= MAX_CHARACTERS
    assert card.total_children_count <= MAX_COMPONENTS
    for each in card.walk_children():
        item = each.item if isinstance(each, ui.DynamicItem) else each
        if isinstance(item, ui.Select):
            assert 1 <= len(item.options) <= 25
            assert all(1 <= len(option.label) <= 100 for option in item.options)
        if isinstance(item, ui.Thumbnail):
            assert 1 <= len(item.description or "") <= 256


def outline(card: ui.LayoutView) -> str:
    """A card as lines: what it looks like, without what Discord's format adds; long lines in short."""
    text = "\n".join(line for each in card.to_components() for line in lines_of(each))
    return "\n".join(
        line if len(line) <= 300 else f"{line[:40]} ({len(line)} characters) {line[-10:]}"
        for line in text.splitlines()
    )


def lines_of(part: Mapping[str, Any]) -> Iterator[str]:
    match discord.ComponentType(part["type"]):
        case discord.ComponentType.container:
            yield f"card #{part['accent_color']:06x}"
        case discord.ComponentType.text_display:
            yield part["content"]
        case discord.ComponentType.separator:
            yield "---"
        case discord.ComponentType.thumbnail:
            yield f"picture {part['media']['url']}: {part['description']}"
        case discord.ComponentType.file:
            yield f"file {part['file']['url']}"
        case discord.ComponentType.button:
            yield f"button {part.get('custom_id') or part['url']}: {part['label']}"
        case discord.ComponentType.select:
            options = ", ".join(option["label"] for option in part["options"])
            yield f"{part['custom_id']} {part['placeholder']} ({part['max_values']}): {options}"
        case _:
            pass
    for each in (*part.get("components", ()), *filter(None, [part.get("accessory")])):
        yield from lines_of(each)


LONGEST_LORAS = {mark * 85: 2.0 for mark in "*_~"}
"""As many as there can be, with the longest names, whose every character is escaped."""
