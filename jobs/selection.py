"""What the options of a request come to on the servers that are known: model, workflow, preset. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from comfy import LORA_CHOICE, Choice, Workflow
from jobs.errors import Refusal
from jobs.graphs import count_ticks
from jobs.offers import (
    default_preset,
    ending_so,
    offered_models,
    parse_choices,
    pick_loras,
    pick_presets,
)
from jobs.options import UNKNOWN_SIZE, Options, build_params, check_ending, fields_left_open
from jobs.routing import KnownServer, Workflows, loras_among, runnable_by_any
from storage import Params

Models = Mapping[str, Mapping[str, Workflow]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the options come to: preset, workflow, choices, LoRAs.

    `left_open`: what no server could decide yet.
    """

    preset: str
    workflow: str
    choices: Mapping[str, str]
    loras: Mapping[str, float] = field(default_factory=dict[str, float])
    left_open: tuple[str, ...] = ()


def models_among(workflows: Workflows, known_servers: Sequence[KnownServer]) -> Models:
    """The models that these servers can run, with their presets; all where no server ever answered."""
    runnable = runnable_by_any(known_servers)
    return offered_models(workflows, workflows.keys() if runnable is None else runnable)


def choices_among(workflow: str, known_servers: Sequence[KnownServer]) -> Mapping[str, Choice]:
    """What may be chosen in this workflow on at least one of these servers."""
    offered: dict[str, Choice] = {}
    for each in known_servers:
        offered |= (each.offer or {}).get(workflow, {})
    return {name: choice for name, choice in offered.items() if name != LORA_CHOICE}


def select(workflows: Workflows, options: Options, known_servers: Sequence[KnownServer]) -> Selection:
    """What the options come to on these servers: what none can run only where somebody named it.

    Raises Refusal.
    """
    workflows = _ending_as_wanted(workflows, options, known_servers)
    possible = offered_models(workflows, workflows.keys())
    models = dict(models_among(workflows, known_servers))
    undecided = runnable_by_any(known_servers) is None
    if not models and not all(each.live for each in known_servers):
        models, undecided = dict(possible), True  # a server that comes back may be able to
    if options.model is not None and options.model in possible:
        models.setdefault(options.model, possible[options.model])
    presets = pick_presets(models, options.model)
    preset = options.preset or default_preset(presets)
    family = possible[next(iter(presets.values())).family]
    workflow = presets.get(preset) or family.get(preset)
    if workflow is None:
        raise Refusal("preset", preset=preset[:40], offered=", ".join(presets))
    loras = loras_among(workflows, known_servers, workflow.name, preset)
    return Selection(
        preset=preset,
        workflow=workflow.name,
        choices=parse_choices(
            options.choices,
            workflow.choices if undecided else choices_among(workflow.name, known_servers),
        ),
        loras=pick_loras(
            options.loras, options.lora_strength, workflow, None if undecided and not loras else loras
        ),
        left_open=fields_left_open(options) if undecided and not options.preset else (),
    )


def _ending_as_wanted(
    workflows: Workflows, options: Options, known_servers: Sequence[KnownServer]
) -> Workflows:
    """The workflows that can end a clip as the options say.

    Raises Refusal where the model has none; where none is named, no model that the connected servers have.
    """
    fitting = ending_so(workflows, on_picture=options.on_picture)
    runnable = runnable_by_any(known_servers) if all(each.live for each in known_servers) else None
    chosen = [
        each
        for name, each in workflows.items()
        if options.model == each.family or (options.model is None and (runnable is None or name in runnable))
    ]
    if chosen and not any(each.name in fitting for each in chosen):
        check_ending(options, chosen[0])
    return fitting


def selected_params(
    workflows: Workflows, options: Options, selection: Selection, size: tuple[int, int] = UNKNOWN_SIZE
) -> Params:
    """The parameters of a job with these options, for a picture of `size`. Raises Refusal."""
    presets = {selection.preset: workflows[selection.workflow]}
    params = build_params(replace(options, preset=selection.preset), size, presets)
    params = replace(params, choices=selection.choices, loras=selection.loras, left_open=selection.left_open)
    if "model" in selection.left_open:  # the workflow that it comes to may take a prompt
        params = replace(params, prompt=options.prompt.strip())
    ticks = count_ticks(workflows[selection.workflow], params, on_picture=options.on_picture)
    return replace(params, ticks=ticks)
