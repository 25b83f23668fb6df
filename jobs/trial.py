"""What a plain request would come to: selection, parameters and reason to wait, for the doctor. Pure."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from uuid import uuid4

import comfy
from jobs.announcer import WaitReason
from jobs.errors import Refusal, Titles
from jobs.graphs import values_of
from jobs.offers import default_preset, offered_models, title_in
from jobs.options import Options
from jobs.routing import Workflows, describe_server, wait_reason
from jobs.selection import Selection, select, selected_params
from jobs.server import ComputeServer
from storage import Params

PROMPT = "a calm sea"
PICTURE_SIZE = (832, 480)  # pixels
PASSING = frozenset({WaitReason.GIVING_WAY})  # reasons that end by themselves


def sample_jobs(workflows: Workflows) -> Mapping[str, Sequence[comfy.SampleJob]]:
    """For each workflow the jobs that a request with each of its presets makes, or why it is refused."""
    return {
        name: [_sample_job(workflows, name, preset) for preset in workflow.presets]
        for name, workflow in workflows.items()
    }


def preferred(workflows: Workflows, runnable: AbstractSet[str]) -> tuple[str, str] | None:
    """The workflow and preset of a request that names none, where these can be run; None where none can."""
    models = offered_models(workflows, runnable)
    presets = next(iter(models.values()), dict[str, comfy.Workflow]())
    if not presets:
        return None
    preset = default_preset(presets)
    return presets[preset].name, preset


def try_request(workflows: Workflows, servers: Sequence[ComputeServer]) -> Params | WaitReason:
    """What a plain request comes to on these servers: its job, or why that would wait in vain.

    Raises Refusal where it would be refused.
    """
    known_servers = [describe_server(workflows, each) for each in servers]
    options = Options(prompt=PROMPT)
    params = selected_params(workflows, options, select(workflows, options, known_servers), PICTURE_SIZE)
    reason = wait_reason(workflows, known_servers, params)
    return params if reason is None or reason in PASSING else reason


def _sample_job(workflows: Workflows, name: str, preset: str) -> comfy.SampleJob:
    options = Options(prompt=PROMPT, preset=preset)
    try:
        selection = Selection(preset=preset, workflow=name, choices={})
        params = selected_params(workflows, options, selection, PICTURE_SIZE)
    except Refusal as refusal:
        named = ", ".join(f"{key} {_plain(value)}" for key, value in refusal.values.items())
        return comfy.SampleJob(preset=preset, values={}, refusal=f"{refusal.code} ({named})")
    return comfy.SampleJob(preset=preset, values=values_of(params, str(uuid4())))


def _plain(value: float | str | Titles) -> float | str:
    return title_in(value, "en") if isinstance(value, Mapping) else value
