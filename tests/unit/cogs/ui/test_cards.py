"""The cards: what each shows in each state and language, and that Discord takes the longest of them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import discord
import pytest
from discord import ui
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from cogs.i18n.catalogue import LANGUAGES
from cogs.ui.autocomplete import suggest_jobs, suggest_prompts, suggest_seeds
from cogs.ui.cards import QueueEntry, escape, result_link, truncate
from cogs.ui.history_card import Page, render_page
from cogs.ui.job_card import MAX_NEGATIVE_LENGTH, MAX_PROMPT_LENGTH, JobDetails, is_cut, render_details
from cogs.ui.queue_card import QueueView, render_queue
from storage import Load, Reason, State
from tests.unit.jobs.sample_jobs import JOB, PARAMS, job

LOCALES = list(LANGUAGES)
MOST_CHARACTERS = 4000
MOST_COMPONENTS = 40
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

LINES = {
    "empty": QueueView(mine=[], guild=[], guild_jobs=0, load=Load(queued=0, running=0), servers=1),
    "no server": QueueView(
        mine=[QueueEntry(job=WAITING)], guild=[QueueEntry(job=WAITING)], guild_jobs=1, load=LOAD, servers=0
    ),
    "busy": QueueView(
        mine=[QueueEntry(job=STOPPING), QueueEntry(job=WAITING, ahead=2, ready=1_795_000_000.4)],
        guild=[QueueEntry(job=RUNNING, ready=1_795_000_000), QueueEntry(job=WAITING, ahead=500)],
        guild_jobs=12,
        load=LOAD,
        servers=2,
    ),
}
PAGES = {
    "empty": (Page(jobs=[], newer=False, older=False), []),
    "full": (Page(jobs=[WAITING, DONE, FAILED, CANCELLED, SENT_BY_DM], newer=True, older=True), [DONE.id]),
}
DETAILS = {
    "waiting": JobDetails(job=WAITING),
    "stopping": JobDetails(job=STOPPING, server=2),
    "done": JobDetails(
        job=DONE, server=1, parent=replace(RUNNING, result_message=4), children=[WAITING, SENT_BY_DM]
    ),
    "failed": JobDetails(job=FAILED, root=RUNNING, after=DONE),
    "cancelled and cut": JobDetails(
        job=replace(CANCELLED, params=replace(PARAMS, prompt="cat " * 400, negative_prompt=" "))
    ),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", LINES)
def test_the_line(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    assert outline(render_queue(locale, LINES[name])) == snapshot


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_history(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    assert outline(render_page(locale, *PAGES[name])) == snapshot


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", DETAILS)
def test_the_details(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    assert outline(render_details(locale, DETAILS[name])) == snapshot


@given(TEXTS, st.integers(1, 60), st.sampled_from(LOCALES))
def test_discord_takes_the_longest_line(prompt: str, jobs: int, locale: str) -> None:
    entry = QueueEntry(
        job=replace(WAITING, user_id=2**63, params=replace(PARAMS, prompt=prompt)), ahead=499, ready=2e9
    )
    line = QueueView(mine=[entry] * jobs, guild=[entry] * 10, guild_jobs=10**6, load=LOAD, servers=9)
    check_limits(render_queue(locale, line))


@given(TEXTS, st.integers(1, 5), st.sampled_from(LOCALES))
def test_discord_takes_the_longest_page(prompt: str, jobs: int, locale: str) -> None:
    node = Reason(code="rejected", values={"node": prompt, "field": prompt})
    made = replace(
        FAILED, reason=node, params=replace(PARAMS, prompt=prompt), result_message=2**63, channel_id=2**63
    )
    page = Page(jobs=[made] * jobs, newer=True, older=True)
    check_limits(render_page(locale, page, [made.id]))


@given(TEXTS, TEXTS, st.sampled_from(LOCALES))
def test_discord_takes_the_longest_details(prompt: str, negative: str, locale: str) -> None:
    params = replace(
        PARAMS, prompt=prompt, negative_prompt=negative[:1000], choices={"a": prompt}, seed=2**64
    )
    reason = Reason(code="rejected", values={"node": prompt, "field": prompt})
    far = replace(DONE, guild_id=2**63, channel_id=2**63, result_message=2**63, params=params)
    failed = replace(far, state=State.FAILED, reason=reason)
    details = JobDetails(job=failed, server=9, parent=far, root=far, after=far, children=[far] * 50)
    check_limits(render_details(locale, details))


def test_a_text_is_attached_where_the_card_cuts_it() -> None:
    assert not is_cut(
        job(prompt="a" * (MAX_PROMPT_LENGTH - 2), negative_prompt="a" * (MAX_NEGATIVE_LENGTH - 2))
    )
    assert is_cut(job(prompt="a" * (MAX_PROMPT_LENGTH + 1)))
    assert is_cut(job(negative_prompt="a" * (MAX_NEGATIVE_LENGTH + 1)))


def test_only_what_all_can_see_is_linked() -> None:
    assert result_link(DONE) == "https://discord.com/channels/7/8/5"
    assert result_link(replace(DONE, result_channel=8)) == result_link(DONE)
    assert result_link(SENT_BY_DM) is None
    assert result_link(RUNNING) is None


@given(TEXTS, st.integers(1, 200))
def test_first_words_are_one_line_and_no_longer_than_asked(text: str, room: int) -> None:
    words = truncate(text, room)
    assert len(words) <= room
    assert "\n" not in words
    assert len(escape(words)) <= 2 * len(words) + words.count("@")


@given(st.lists(TEXTS, max_size=40), st.text(max_size=5))
def test_discord_takes_every_suggestion(prompts: list[str], typed: str) -> None:
    jobs = [replace(job(prompt=each, seed=n), id=f"{n:08x}-0000") for n, each in enumerate(prompts)]
    for offered in (
        suggest_jobs("zh-CN", jobs, typed),
        suggest_prompts(jobs, typed),
        suggest_seeds(jobs, typed),
    ):
        assert len(offered) <= 25
        assert all(1 <= len(each.name) <= 100 and len(str(each.value)) <= 100 for each in offered)


def test_a_long_prompt_is_offered_by_the_name_of_its_newest_job() -> None:
    jobs = [
        replace(job(prompt=prompt), id=f"{n:08x}")
        for n, prompt in enumerate(["x" * 101, "y", "x" * 101, "y" * 100])
    ]
    assert [each.value for each in suggest_prompts(jobs, "")] == ["#00000000", "y", "y" * 100]
    assert [each.value for each in suggest_prompts(jobs, " Y")] == ["y", "y" * 100]


def test_the_same_seed_is_offered_once() -> None:
    jobs = [job(seed=1), job(seed=2), job(seed=1)]
    assert [each.value for each in suggest_seeds(jobs, "")] == [1, 2]
    assert [each.value for each in suggest_seeds(jobs, "2 ·")] == [2]


def check_limits(card: ui.LayoutView) -> None:
    assert card.content_length() <= MOST_CHARACTERS
    assert card.total_children_count <= MOST_COMPONENTS
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
            yield f"button {part['custom_id']}: {part['label']}"
        case discord.ComponentType.select:
            options = ", ".join(option["label"] for option in part["options"])
            yield f"{part['custom_id']} {part['placeholder']} ({part['max_values']}): {options}"
        case _:
            pass
    for each in (*part.get("components", ()), *filter(None, [part.get("accessory")])):
        yield from lines_of(each)
