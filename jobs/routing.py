"""Which server can run which job: substitutes for missing workflows, options whose files are missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import comfy
from jobs.server import ComputeServer
from storage import Params

Workflows = Mapping[str, comfy.Workflow]
Offer = Mapping[str, Mapping[str, comfy.Choice]]
"""The workflows that one server can run, each with what may be chosen there."""


def pick_workflow(workflows: Workflows, runnable: AbstractSet[str], params: Params) -> str:
    """The job's workflow, or a substitute of the same family and preset where this server lacks it."""
    return _substitute(workflows, runnable, params.workflow, params.preset)


def servable(workflows: Workflows, runnable: AbstractSet[str]) -> frozenset[str]:
    """The workflows whose jobs a server can run, by themselves or by a substitute."""
    return frozenset(name for name in workflows if any(_substitutes(workflows, runnable, name)))


def offer_of(server: ComputeServer) -> Offer:
    """What that server offers at the moment."""
    return {name: server.choices(name) for name in server.runnable}


def lacking(workflows: Workflows, own: Offer, others: Iterable[Offer]) -> frozenset[str]:
    """The options that a server lacks though another has them, as `WORKFLOW/CHOICE/OPTION`.

    What no server has is left out: whichever claims such a job fails it with a reason.
    """
    return frozenset[str]().union(*(_options(workflows, each) for each in others)) - _options(workflows, own)


def _options(workflows: Workflows, offer: Offer) -> frozenset[str]:
    """What can be chosen for jobs of each workflow, whichever substitute runs them."""
    return frozenset(
        f"{name}/{option}"
        for name in workflows
        for option in _in_all([offer[each] for each in _substitutes(workflows, offer.keys(), name)])
    )


def _in_all(offered: Sequence[Mapping[str, comfy.Choice]]) -> AbstractSet[str]:
    sets = [
        {f"{name}/{option}" for name, choice in choices.items() for option in choice.options}
        for choices in offered
    ]
    return set[str].intersection(*sets) if sets else set[str]()


def _substitutes(workflows: Workflows, runnable: AbstractSet[str], name: str) -> Iterator[str]:
    """The workflows that would run that workflow's jobs on a server, over all its presets."""
    if name in runnable:
        yield name
        return
    for preset in workflows[name].presets:
        substitute = _substitute(workflows, runnable, name, preset)
        if substitute in runnable:
            yield substitute


def _substitute(workflows: Workflows, runnable: AbstractSet[str], name: str, preset: str) -> str:
    if name in runnable:
        return name
    family = workflows[name].family if name in workflows else None
    others = (
        other
        for other, each in workflows.items()
        if other in runnable and each.family == family and preset in each.presets
    )
    return next(others, name)
