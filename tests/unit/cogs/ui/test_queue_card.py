"""The card of /queue in each state and language; Discord takes the longest."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from cogs.ui.cards import JobEntry
from cogs.ui.queue_card import QueueView, render_queue
from storage import Load
from tests.unit.cogs.ui.card_samples import (
    LOAD,
    LOCALES,
    RUNNING,
    STOPPING,
    TEXTS,
    WAITING,
    check_limits,
    outline,
)
from tests.unit.jobs.sample_jobs import PARAMS

LINES = {
    "empty": QueueView(mine=[], guild=[], guild_jobs=0, load=Load(queued=0, running=0), servers=1),
    "no server": QueueView(
        mine=[JobEntry(job=WAITING)], guild=[JobEntry(job=WAITING)], guild_jobs=1, load=LOAD, servers=0
    ),
    "token refused": QueueView(mine=[], guild=[], guild_jobs=0, load=LOAD, servers=0, token_refused=True),
    "busy": QueueView(
        mine=[JobEntry(job=STOPPING), JobEntry(job=WAITING, ahead=2, ready=1_795_000_000.4)],
        guild=[JobEntry(job=RUNNING, ready=1_795_000_000), JobEntry(job=WAITING, ahead=500)],
        guild_jobs=12,
        load=LOAD,
        servers=2,
    ),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", LINES)
def test_the_line(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    assert outline(render_queue(locale, LINES[name])) == snapshot


@given(TEXTS, st.integers(1, 60), st.sampled_from(LOCALES))
def test_discord_takes_the_longest_line(prompt: str, jobs: int, locale: str) -> None:
    entry = JobEntry(
        job=replace(WAITING, user_id=2**63, params=replace(PARAMS, prompt=prompt)), ahead=499, ready=2e9
    )
    line = QueueView(mine=[entry] * jobs, guild=[entry] * 10, guild_jobs=10**6, load=LOAD, servers=9)
    check_limits(render_queue(locale, line))


@pytest.mark.parametrize("locale", LOCALES)
def test_where_no_server_answers_the_card_says_since_when(locale: str) -> None:
    card = render_queue(locale, replace(LINES["no server"], away_since=1_795_000_000.0))
    assert "<t:1795000000:f>" in outline(card)
    refused = replace(LINES["token refused"], away_since=1_795_000_000.0)
    assert "<t:1795000000:f>" not in outline(render_queue(locale, refused))
