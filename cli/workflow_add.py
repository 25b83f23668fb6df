"""`python bot.py workflow add`: from a file that somebody has to a workflow that is offered."""

import argparse
import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import comfy
from cli.errors import CommandFailed
from cli.tables import format_table, found_table
from cli.terminal import choose, is_terminal
from cli.workflow_checks import Checked, check_workflows
from cli.workflow_draft import WorkflowDraft, draft_workflow
from cli.workflow_files import check_name, is_built_in, name_from, spelled, write_pair
from cli.workflow_source import ReadEmbedded, read_text
from cogs.runtime.doctor.report import print_sections
from cogs.runtime.processes.compute_servers import server_name
from cogs.runtime.settings import Settings, own_workflows
from media import open_media

NO_SERVER = "no ComfyUI answers ({reasons}); what is recorded of ComfyUI 0.33.0 and its packs counts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authoring:
    """How a file becomes a graph whose inputs are known. `read` and `trace` raise BadAnswer."""

    read: Callable[[str, comfy.NodeClasses], comfy.SourceGraph]
    trace: Callable[[comfy.SourceGraph, comfy.NodeClasses], comfy.Traced]
    read_embedded: ReadEmbedded


async def read_embedded(file: Path) -> str:
    """The workflow in a picture or clip, read by a child; "" where there is none. Raises MediaError."""
    async with open_media() as media:
        return await media.read_embedded_workflow(file)


AUTHORING = Authoring(read=comfy.read_source, trace=comfy.trace_inputs, read_embedded=read_embedded)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownClasses:
    """The node classes that a server names, and a sentence about which server that was."""

    classes: comfy.NodeClasses
    told: str


async def add(arguments: argparse.Namespace, settings: Settings, authoring: Authoring) -> int:
    """Add a workflow; returns the exit code, 1 where it is there but a check failed.

    Raises CommandFailed before anything is written, and OSError.
    """
    say = print if not arguments.json else _say_nothing
    folder, file = own_workflows(settings), arguments.file.expanduser()
    name = choose_name(folder, file, arguments.name, may_replace=arguments.replace)
    known, text = await asyncio.gather(read_classes(settings), read_text(file, authoring.read_embedded))
    graph, traced = await asyncio.to_thread(_trace, text, known.classes, authoring, file.name)
    for line in describe_graph(file.name, graph, traced, known):
        say(line)
    asks = is_terminal() and not arguments.yes and not arguments.json
    answered = answer_questions(graph, traced, _ask if asks else None, say)
    draft = draft_workflow(
        name,
        graph,
        answered,
        title=title_of(file, arguments.name),
        source=file.name,
        node_classes=known.classes,
        allow_partner_nodes=settings.allow_partner_nodes,
    )
    paths = await asyncio.to_thread(write_pair, folder, name, draft.template, draft.manifest)
    say(f"\nWritten: {paths['.json']} and {paths['.toml'].name}")
    checked = await check_workflows(settings, {name: draft.workflow}, run=not arguments.no_run, announce=say)
    if arguments.json:
        print(json.dumps(describe_added(draft, graph, answered, paths, checked)))
    else:
        print_sections(checked.short)
        print(outcome_of(name, checked))
    return 0 if checked.ok else 1


def choose_name(folder: Path, file: Path, wanted: str | None, *, may_replace: bool) -> str:
    """The name of the new workflow. Raises CommandFailed where it is taken or not safe."""
    if wanted is not None:
        check_name(wanted)
    name = wanted or name_from(file)
    own = spelled(folder, name)
    if own is not None and not may_replace:
        raise CommandFailed(
            f"{own} is in {folder} already: take another name with --name, or --replace it", 2
        )
    if own is None and is_built_in(name) and not may_replace:
        raise CommandFailed(
            f"{name} is the name of a built-in workflow: take another one with --name, or --replace that", 2
        )
    return own or name


async def read_classes(settings: Settings) -> KnownClasses:
    """The node classes of the first server that answers; none where none does."""
    reasons = list[str]()
    for number, url in enumerate(settings.comfyui_url):
        name = server_name(url)
        try:
            classes = await comfy.read_node_classes(url, name=name, token=settings.token_of(number))
        except comfy.ComfyError as err:
            reason = err.reason if isinstance(err, comfy.ServerUnreachable) else str(err)
            reasons.append(f"{name}: {reason}")
        else:
            return KnownClasses(classes=classes, told=f"the node classes are those of {name}")
    return KnownClasses(classes={}, told=NO_SERVER.format(reasons="; ".join(reasons)))


def _trace(
    text: str, classes: comfy.NodeClasses, authoring: Authoring, source: str
) -> tuple[comfy.SourceGraph, comfy.Traced]:
    try:
        graph = authoring.read(text, classes)
        return graph, authoring.trace(graph, classes)
    except comfy.BadAnswer as err:
        raise CommandFailed(f"{source}: {err.reason}. Nothing was written.", 2) from err


def describe_graph(
    source: str, graph: comfy.SourceGraph, traced: comfy.Traced, known: KnownClasses
) -> list[str]:
    """What was read and found, as lines."""
    lines = [f"{source}: {len(graph.nodes)} nodes; {known.told}."]
    lines += [f"Note: {note}" for note in dict.fromkeys((*graph.notes, *traced.notes))]
    lines += ["", found_table(traced.found)]
    lines += [f"Preset {name}: {preset.how}" for name, preset in traced.presets.items()]
    return lines


def answer_questions(
    graph: comfy.SourceGraph,
    traced: comfy.Traced,
    ask: Callable[[comfy.Question, comfy.SourceGraph], comfy.NodeInput] | None,
    say: Callable[[str], None],
) -> comfy.Traced:
    """What was found, with the chosen place of each question; without `ask` its default, which is said."""
    found = dict(traced.found)
    for question in traced.questions:
        chosen = ask(question, graph) if ask else question.default
        if not ask:
            places = " or ".join(map(str, question.candidates))
            say(f"{question.name}: {places}; {chosen} is taken")
        if question.name not in found or chosen != question.default:
            value = comfy.read_literal(graph.nodes, chosen)
            found[question.name] = comfy.Found(places=(chosen,), how="as answered", value=value)
    notes = tuple(dict.fromkeys((*graph.notes, *traced.notes)))
    return replace(traced, found=found, notes=notes)


def _ask(question: comfy.Question, graph: comfy.SourceGraph) -> comfy.NodeInput:
    options = [_candidate(each, graph) for each in question.candidates]
    default = question.candidates.index(question.default)
    return question.candidates[choose(f"\nWhich is {question.name}?", options, default)]


def _candidate(place: comfy.NodeInput, graph: comfy.SourceGraph) -> str:
    node = graph.nodes[place.node]
    title = graph.titles.get(place.node, node.class_type)
    return format_table((str(place), title, str(node.inputs.get(place.input, ""))), [])


def title_of(file: Path, name: str | None) -> str:
    """What people call the workflow: the name that was asked for, else the file's."""
    return " ".join((name or file.stem).replace("_", " ").split())[:80]


def describe_added(
    draft: WorkflowDraft,
    graph: comfy.SourceGraph,
    traced: comfy.Traced,
    paths: Mapping[str, Path],
    checked: Checked,
) -> Mapping[str, object]:
    """The JSON object of a workflow that was added."""
    return {
        "name": draft.workflow.name,
        "ok": checked.ok,
        "files": [str(path) for path in paths.values()],
        "nodes": len(graph.nodes),
        "notes": list(traced.notes),
        "found": {
            name: {"places": [str(place) for place in each.places], "how": each.how}
            for name, each in traced.found.items()
        },
        "presets": list(draft.workflow.presets),
        "sections": [asdict(section) for section in checked.sections],
        "clips": [str(clip) for clip in checked.clips],
    }


def outcome_of(name: str, checked: Checked) -> str:
    """The last lines: where the clip is, and whether the workflow is offered."""
    lines = [f"The clip is kept for a look: {clip}" for clip in checked.clips]
    if checked.ok:
        lines.append(f"{name} is offered within seconds by a bot that runs; nothing to restart.")
    else:
        lines.append(
            f"{name} is written and stays, but something would fail: see ✗. When that is mended: "
            f"python bot.py workflow check {name} --run"
        )
    return "\n".join(lines)


def _say_nothing(_: str) -> None:
    """Print nothing: a program reads the JSON object alone."""
