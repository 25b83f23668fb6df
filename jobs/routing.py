"""Which server can run which job: substitutes for missing workflows, options whose files are missing.

And why a job waits, where that is not because of those before it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Protocol

import comfy
from jobs.announcer import WaitReason
from jobs.offers import endings
from jobs.server import ComputeServer
from storage import ServerRecord, Store

Workflows = Mapping[str, comfy.Workflow]
Offer = Mapping[str, Mapping[str, comfy.Choice]]
"""The workflows that one server can run, each with what may be chosen there."""


class Wanted(Protocol):
    """What decides where a job can run: Params have it."""

    @property
    def workflow(self) -> str:
        """Its workflow."""
        ...

    @property
    def preset(self) -> str:
        """Its preset, which a substitute has too."""
        ...

    @property
    def choices(self) -> Mapping[str, str]:
        """The options chosen, by the name of the choice."""
        ...

    @property
    def loras(self) -> Mapping[str, float]:
        """The strength of each LoRA by its name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownServer:
    """What is known of one server.

    `offer`: as it says now, else as it said last, maybe in an earlier process; None where it never answered.
    `live`: whether it is connected; `unavailable`: why it takes no job. `away_since`: since when it is not
    connected, in Unix seconds, where that is known; `others`: prompts in its queue that are not ours;
    `lacks`: the workflows that it cannot run, `lacks_nodes`: those for which it lacks node classes.
    """

    name: str
    offer: Offer | None
    live: bool
    unavailable: comfy.UnavailableReason | None
    away_since: float | None = None
    others: int = 0
    lacks: AbstractSet[str] = frozenset()
    lacks_nodes: AbstractSet[str] = frozenset()


WAIT_REASONS: Mapping[comfy.UnavailableReason, WaitReason] = {
    comfy.UnavailableReason.GIVING_WAY: WaitReason.GIVING_WAY,
    comfy.UnavailableReason.STUCK: WaitReason.STUCK,
    comfy.UnavailableReason.FAULTY: WaitReason.FAULTY,
    comfy.UnavailableReason.TOKEN_REFUSED: WaitReason.TOKEN_REFUSED,
    comfy.UnavailableReason.UNREACHABLE: WaitReason.UNREACHABLE,
    comfy.UnavailableReason.DRAINED: WaitReason.DRAINED,
}
"""Of several servers' reasons the first counts: the one that is likely to pass soonest."""


async def read_known_servers(
    store: Store, workflows: Workflows, servers: Sequence[ComputeServer]
) -> Sequence[KnownServer]:
    """What is known of the configured servers. Raises StoreError."""
    silent = [server.name for server in servers if server.answered_at is None]
    records = await store.server_records(silent) if silent else dict[str, ServerRecord]()
    return [describe_server(workflows, server, records.get(server.name)) for server in servers]


def describe_server(
    workflows: Workflows, server: ComputeServer, record: ServerRecord | None = None
) -> KnownServer:
    """What is known of a server that answered, else of its record."""
    return KnownServer(
        name=server.name,
        offer=recall_offer(workflows, record) if server.answered_at is None else offer_of(server),
        live=server.reachable,
        unavailable=server.unavailable_reason,
        others=server.availability.others,
        lacks=frozenset(name for name, lacks in server.missing.items() if lacks),
        lacks_nodes=_without_nodes(server),
    )


def all_away_since(known_servers: Iterable[KnownServer]) -> float | None:
    """Since when no server answers, in Unix seconds; None while one does, or where that is not known."""
    times = [None if each.live else each.away_since for each in known_servers]
    known = [each for each in times if each is not None]
    return max(known) if known and len(known) == len(times) else None


def runnable_by_any(known_servers: Iterable[KnownServer]) -> AbstractSet[str] | None:
    """The workflows that some server can run, as far as is known; None where no server ever answered."""
    offers = [each.offer for each in known_servers if each.offer is not None]
    return frozenset[str]().union(*offers) if offers else None


def wait_reason(
    workflows: Workflows, known_servers: Sequence[KnownServer], wanted: Wanted
) -> WaitReason | None:
    """Why no server takes such a job; None where one that can run it takes jobs.

    A server that is not connected may be able to once it is back, whatever it said last. One that has the
    LoRAs of the job is waited for.
    """
    known = [(each, each.offer) for each in known_servers if each.offer is not None]
    able = [each for each, offer in known if each.live and can_run(workflows, offer, wanted)]
    if wanted.loras:
        able = able or [each for each, offer in known if can_run(workflows, offer, wanted)]
    # An option that no connected server has waits for none: whichever claims the job fails it with a reason.
    able = able or [each for each, offer in known if pick_workflow(workflows, offer.keys(), wanted) in offer]
    able = able or [each for each in known_servers if not each.live]
    if not able:
        return WaitReason.CANNOT_RUN
    found = {each.unavailable for each in able}
    return None if None in found else next(reason for each, reason in WAIT_REASONS.items() if each in found)


def can_run(workflows: Workflows, offer: Offer, wanted: Wanted) -> bool:
    """Whether a server with this offer can run such a job, by a substitute too."""
    choices = offer.get(pick_workflow(workflows, offer.keys(), wanted))
    chosen = [*wanted.choices.items(), *((comfy.LORA_CHOICE, name) for name in wanted.loras)]
    return choices is not None and all(
        name in choices and option in choices[name].options for name, option in chosen
    )


def loras_among(
    workflows: Workflows, known_servers: Iterable[KnownServer], workflow: str, preset: str
) -> Sequence[str]:
    """The LoRAs that at least one of these servers has for jobs of this workflow, in the order of people."""
    offers = [each.offer for each in known_servers if each.offer is not None]
    found = set[str]()
    for offer in offers:
        choices = offer.get(_substitute(workflows, offer.keys(), workflow, preset), {})
        found |= choices[comfy.LORA_CHOICE].options.keys() if comfy.LORA_CHOICE in choices else set()
    return sorted(found, key=lambda name: (name.casefold(), name))


def record_of(server: ComputeServer) -> ServerRecord:
    """What the server says of itself, to be remembered."""
    return ServerRecord(
        name=server.name,
        seen_at=server.answered_at or 0.0,
        runnable=server.runnable,
        choices={
            name: {each: list(choice.options) for each, choice in choices.items()}
            for name, choices in offer_of(server).items()
        },
        missing={name: list(map(str, lacks)) for name, lacks in server.missing.items() if lacks},
        lacks_nodes=_without_nodes(server),
    )


def _without_nodes(server: ComputeServer) -> frozenset[str]:
    """The workflows for which the server lacks a node class."""
    return frozenset(
        name
        for name, lacks in server.missing.items()
        if any(isinstance(each, comfy.NodeMissing) for each in lacks)
    )


def recall_offer(workflows: Workflows, record: ServerRecord | None) -> Offer | None:
    """The offer that a server made last, of the workflows that there are now."""
    if record is None:
        return None
    return {
        name: _offered(workflows[name], record.choices.get(name, {}))
        for name in workflows
        if name in record.runnable
    }


def _offered(workflow: comfy.Workflow, options: Mapping[str, Collection[str]]) -> Mapping[str, comfy.Choice]:
    known = {
        name: replace(
            choice,
            options={key: option for key, option in choice.options.items() if key in options.get(name, ())},
        )
        for name, choice in workflow.choices.items()
    }
    loras = {comfy.LORA_CHOICE: comfy.lora_choice(options.get(comfy.LORA_CHOICE, ()))}
    return {**known, **(loras if workflow.loras else {})}


def pick_workflow(workflows: Workflows, runnable: AbstractSet[str], wanted: Wanted) -> str:
    """The job's workflow, or a substitute of its family, preset and endings where this server lacks it."""
    return _substitute(workflows, runnable, wanted.workflow, wanted.preset)


def servable(workflows: Workflows, runnable: AbstractSet[str]) -> frozenset[str]:
    """The workflows whose jobs a server can run, by themselves or by a substitute."""
    return frozenset(name for name in workflows if any(_substitutes(workflows, runnable, name)))


def offer_of(server: ComputeServer) -> Offer:
    """What that server offers at the moment."""
    return {name: server.choices(name) for name in server.runnable}


def lacking(
    workflows: Workflows, own: Offer, others: Iterable[Offer], away: Iterable[Offer] = ()
) -> frozenset[str]:
    """The options that a server lacks though another has them, as `WORKFLOW/CHOICE/OPTION`.

    `away`: what servers said last that do not answer: only for their LoRAs jobs wait. What no server has is
    left out: whichever claims such a job fails it with a reason.
    """
    found = frozenset[str]().union(*(_options(workflows, each) for each in others))
    found |= frozenset[str]().union(*(_options(workflows, _only_loras(each)) for each in away))
    return found - _options(workflows, own)


def _only_loras(offer: Offer) -> Offer:
    return {
        name: {key: choice for key, choice in choices.items() if key == comfy.LORA_CHOICE}
        for name, choices in offer.items()
    }


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
    if (wanted := workflows.get(name)) is None:
        return name
    others = (
        other
        for other, each in workflows.items()
        if other in runnable
        and each.family == wanted.family
        and preset in each.presets
        and endings(wanted) <= endings(each)
    )
    return next(others, name)
