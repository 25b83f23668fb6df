"""What is said of the workflows that are there: what each takes, what its clips can be, where it can run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import comfy
from cli.tables import format_table, found_table
from jobs.offers import title_of

HEADER = ("name", "title", "from", "takes", "gives", "servers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A workflow in one line; `servers`: those that can run it."""

    name: str
    title: str
    origin: str
    takes: str
    gives: str
    presets: tuple[str, ...]
    servers: tuple[str, ...] = ()


def summarise(workflow: comfy.Workflow, *, own: bool, servers: Iterable[str] = ()) -> Summary:
    """The line of a workflow. `own`: whether its files are in the owner's folder."""
    return Summary(
        name=workflow.name,
        title=title_of(workflow),
        origin="own" if own else "built in",
        takes=takes(workflow),
        gives=gives(workflow),
        presets=tuple(workflow.presets),
        servers=tuple(servers),
    )


def workflow_table(summaries: Iterable[Summary]) -> str:
    """A line for each workflow."""
    rows = [
        (each.name, each.title, each.origin, each.takes, each.gives, ", ".join(each.servers) or "none")
        for each in summaries
    ]
    return format_table(HEADER, rows)


def takes(workflow: comfy.Workflow) -> str:
    """What a person gives: pictures and words."""
    last = workflow.rules.last_picture
    ending = [] if last is None else ["last picture" if last.needed else "last picture (optional)"]
    words = ["words"] if "prompt" in workflow.inputs else []
    return ", ".join(["picture", *ending, *words])


def gives(workflow: comfy.Workflow) -> str:
    """What its clips are: seconds, frames a second, size, sound."""
    rules, duration = workflow.rules, workflow.duration
    length = list[str]()
    if duration:
        length = [f"{duration.least:.2g}-{duration.most:.3g} s"]
    elif rules.frames and rules.fps:
        length = [f"{(rules.frames - 1) / rules.fps:.3g} s"]
    rate = [f"{rules.fps:g} fps"] if rules.fps else []
    return ", ".join([*length, *rate, *_size(workflow), *(["sound"] if rules.sound else [])])


def _size(workflow: comfy.Workflow) -> list[str]:
    size = workflow.rules.size
    if size is None:
        return []
    if size.sizes:
        return ["/".join(f"{width}×{height}" for width, height in size.sizes)]
    return [f"about {size.area / 1e6:.2g} megapixels"]


def inputs_table(workflow: comfy.Workflow) -> str:
    """Where each value goes, and what stands there now."""
    found = {
        name: comfy.Found(
            places=places,
            how="computed: " + workflow.derived[name].text if name in workflow.derived else "manifest",
            value=comfy.read_literal(workflow.nodes, places[0]),
        )
        for name, places in workflow.inputs.items()
    }
    return found_table(found)


def rules_of(workflow: comfy.Workflow) -> Mapping[str, object]:
    """What people can choose and what clips are, by name."""
    rules = workflow.rules
    return {
        "takes": takes(workflow),
        "gives": gives(workflow),
        "seconds offered": ", ".join(f"{each:g}" for each in rules.seconds),
        **{f"range of {name}": str(allowed) for name, allowed in rules.ranges.items() if name != "seed"},
        **{f"usual {name}": value for name, value in rules.defaults.items()},
        **{f"preset {name}": _preset(preset) for name, preset in workflow.presets.items()},
        **{f"choice {name}": ", ".join(choice.options) for name, choice in workflow.choices.items()},
    }


def _preset(preset: comfy.Preset) -> str:
    values = [f"{name} {value}" for name, value in preset.values.items()]
    sets = [f"{place} = {value}" for place, value in preset.sets.items()]
    return ", ".join([*values, *sets]) or "as the graph has it"


def rules_table(workflow: comfy.Workflow) -> str:
    """The rules, a line each."""
    return format_table(("rule", "is"), [(name, str(value)) for name, value in rules_of(workflow).items()])
