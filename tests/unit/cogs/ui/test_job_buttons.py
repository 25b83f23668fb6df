"""A job's messages in each state and language: what people read, and what they can press."""

from dataclasses import replace

import pytest
from discord import ui
from syrupy.assertion import SnapshotAssertion

import comfy
from cogs.i18n.catalogue import LANGUAGES
from cogs.ui.job_buttons import final_buttons, result_buttons, waiting_buttons
from cogs.ui.texts import (
    render_copy,
    render_event,
    render_final_status,
    render_poster,
    render_refusal,
    render_report,
    render_result,
    render_waiting,
)
from jobs.announcer import QueuePosition
from jobs.errors import Refusal
from storage import Reason, State
from tests.unit.jobs.sample_jobs import job

LOCALES = list(LANGUAGES)
EVENTS: dict[str, comfy.Event] = {
    "submitted": comfy.Queued(ahead=2),
    "started": comfy.Started(at=0),
    **{stage.value: comfy.Node(node="1", stage=stage) for stage in comfy.Stage if stage != "sampling"},
    "sampling": comfy.Sampling(step=7, steps=20),
}


def pressed(view: ui.View | None) -> list[str]:
    """The buttons, as people see them."""
    rows = view.to_components() if view else []
    return [f"{each['emoji']['name']} {each['label']}" for row in rows for each in row["components"]]


@pytest.mark.parametrize("locale", LOCALES)
async def test_while_it_waits_and_runs(locale: str, snapshot: SnapshotAssertion) -> None:
    mine = job(locale=locale)
    texts = {
        "next": render_waiting(mine, QueuePosition(ahead=0)),
        "third": render_waiting(mine, QueuePosition(ahead=2, expected_end=1_800_000_000)),
        **{name: render_event(mine, event, 1_800_000_000) for name, event in EVENTS.items()},
    }
    assert {"texts": texts, "buttons": pressed(waiting_buttons(mine))} == snapshot


@pytest.mark.parametrize("locale", LOCALES)
async def test_at_the_end(locale: str, snapshot: SnapshotAssertion) -> None:
    mine = job(locale=locale)
    reason = Reason(code="memory", values={"node": "WanVideoSampler 6"})
    ends = {
        "done": replace(mine, state=State.DONE, result_message=5),
        "by DM": replace(mine, state=State.DONE, result_message=5, result_channel=9),
        "failed": replace(mine, state=State.FAILED, reason=reason),
        "smallest": replace(
            job(locale=locale, frames=17, width=320, height=256), state=State.FAILED, reason=reason
        ),
        "cancelled": replace(mine, state=State.CANCELLED),
    }
    shown = {name: [render_final_status(each), pressed(final_buttons(each))] for name, each in ends.items()}
    assert shown == snapshot


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_result_and_what_goes_elsewhere(locale: str, snapshot: SnapshotAssertion) -> None:
    mine = replace(job(locale=locale), state=State.DONE, result_message=5)
    assert {
        "result": [render_result(mine), pressed(result_buttons(mine))],
        "result, joined and encoded anew": render_result(mine, reencoded=True, joined=True),
        "poster": render_poster(mine),
        "copy": render_copy(locale, mine),
        "report": render_report(locale, mine, 77),
        "permissions": render_refusal(
            locale, Refusal("missing_permissions", permissions="view_channel attach_files")
        ),
    } == snapshot
