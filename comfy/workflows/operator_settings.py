"""What the operator of the bot prefers: the order of the models, and values that graphs hold. Pure.

A manifest names the values that can be set so, under `[operator]`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from comfy.errors import BadAnswer
from comfy.graphs.recorded_classes import recorded_classes
from comfy.graphs.tracing import limits_of, spec_of
from comfy.protocol.object_info import NodeClasses
from comfy.workflows.graph import fill
from comfy.workflows.workflow import Workflow

TRUE, FALSE = ("true", "on", "yes", "1"), ("false", "off", "no", "0")

Workflows = Mapping[str, Workflow]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSettings:
    """`order`: models or workflows that come before all others. `values`: texts by `MODEL.NAME`."""

    order: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict[str, str])


NO_SETTINGS = OperatorSettings()


def apply_settings(
    workflows: Workflows, settings: OperatorSettings, node_classes: NodeClasses
) -> tuple[Workflows, Sequence[str]]:
    """The workflows as the operator prefers them, and a sentence for each preference that cannot be kept.

    `node_classes`: what servers say of their classes; of others the recorded ones count.
    """
    mistakes, changed = list[str](), dict(workflows)
    for name, text in settings.values.items():
        try:
            changed |= _set_value(changed, name, text, node_classes)
        except BadAnswer as err:
            mistakes.append(f"WORKFLOW_VALUES: {name}: {err.reason}")
    known = {each for name, workflow in workflows.items() for each in (name, workflow.family)}
    mistakes += [
        f"MODEL_ORDER: there is no model {name}{_near(name, known)}"
        for name in settings.order
        if name not in known
    ]
    return _ordered(changed, settings.order), mistakes


def _ordered(workflows: Workflows, order: Sequence[str]) -> Workflows:
    """The listed ones first; all others follow in the order that they had."""
    ranks = {name: rank for rank, name in reversed(list(enumerate(order)))}
    last = len(order)

    def rank(item: tuple[str, Workflow]) -> tuple[int, int]:
        name, workflow = item
        own = ranks.get(name, last)
        return min(own, ranks.get(workflow.family, last)), own

    return dict(sorted(workflows.items(), key=rank))


def _set_value(workflows: Workflows, name: str, text: str, node_classes: NodeClasses) -> Workflows:
    """The workflows that hold this value, changed. Raises BadAnswer."""
    model, _, value = name.rpartition(".")
    named = {key: each for key, each in workflows.items() if model in (key, each.family)}
    if not named:
        known = {each for key, workflow in workflows.items() for each in (key, workflow.family)}
        raise BadAnswer(reason=f"there is no model {model}{_near(model, known)}")
    holding = {key: each for key, each in named.items() if value in each.operator}
    if not holding:
        offered = sorted({each for workflow in named.values() for each in workflow.operator})
        raise BadAnswer(reason=f"it has {', '.join(offered) or 'no value'} to be set so")
    return {key: _filled(workflow, value, text, node_classes) for key, workflow in holding.items()}


def _filled(workflow: Workflow, name: str, text: str, node_classes: NodeClasses) -> Workflow:
    places = workflow.operator[name]
    used = {workflow.nodes[place.node].class_type for place in places}
    classes = {**recorded_classes(used), **node_classes}
    held = workflow.nodes[places[0].node].inputs[places[0].input]
    if spec_of(workflow.nodes, classes, places[0]).kind == "FLOAT" and isinstance(held, int):
        held = float(held)
    value = _parse(text, held)
    limits = limits_of(workflow.nodes, classes, places)
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and not (limits.least <= value <= limits.most)
    ):
        raise BadAnswer(reason=f"{text} is not one of {limits}")
    return replace(workflow, nodes=fill(workflow.nodes, ((place, value) for place in places)))


def _parse(text: str, held: object) -> object:
    """The value as the graph holds one there. Raises BadAnswer."""
    try:
        match held:
            case bool() if text.casefold() in (*TRUE, *FALSE):
                return text.casefold() in TRUE
            case bool():
                raise BadAnswer(reason=f"{text} is not true or false")
            case int():
                return int(text)
            case float() if math.isfinite(number := float(text)):
                return number
            case float():
                raise BadAnswer(reason=f"{text} is not a number")
            case _:
                return text
    except ValueError as err:
        kind = "a whole number" if isinstance(held, int) else "a number"
        raise BadAnswer(reason=f"{text} is not {kind}") from err


def _near(name: str, known: set[str]) -> str:
    """The names that are like it, as the end of a sentence."""
    near = get_close_matches(name.casefold(), sorted(known), n=2, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(_first(known))}"


def _first(known: set[str]) -> Iterator[str]:
    yield from sorted(known)[:20]
