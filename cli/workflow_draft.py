"""Makes the two files of a workflow from what was found in its graph, and reads them as the bot will."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

import comfy
from cli.errors import CommandFailed

MAX_BYTES = 5 * 2**20  # of a file that is offered
SETTLED = "A node titled @image, @prompt, @seed and so on in ComfyUI settles what is what"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowDraft:
    """A workflow that can be offered, and its files' texts."""

    workflow: comfy.Workflow
    template: str
    manifest: str


def draft_workflow(
    name: str,
    graph: comfy.SourceGraph,
    traced: comfy.Traced,
    *,
    title: str,
    source: str,
    node_classes: comfy.NodeClasses,
    allow_partner_nodes: bool,
) -> WorkflowDraft:
    """The files of a workflow, read again as the bot reads them.

    `source`: what it is made from. Raises CommandFailed where the bot would not offer it.
    """
    if "image" not in traced.found:
        raise _refusal(source, "it takes no picture, and this bot brings pictures to life; add a LoadImage")
    template = write_template(graph)
    models = [each for each in graph.models if each.name and each.url.startswith(("https://", "http://"))]
    manifest = comfy.write_manifest(
        traced, title=title, source=source, models=models, packs=unknown_packs(graph)
    )
    if max(len(template.encode()), len(manifest.encode())) > MAX_BYTES:
        raise _refusal(source, "it is larger than 5 MiB")
    try:
        workflow = comfy.build_workflow(
            name, template=template, manifest=tomllib.loads(manifest), node_classes=node_classes
        )
    except comfy.WorkflowInvalid as err:
        reason = err.reason.removeprefix(f"{name}.json: ").removeprefix(f"{name}.toml: ")
        raise _refusal(source, f"{reason}. {SETTLED}") from err
    loaded = comfy.LoadedWorkflows(workflows={name: workflow})
    if not allow_partner_nodes:
        for err in comfy.without_partner_nodes(loaded, node_classes).invalid:
            raise _refusal(source, err.reason)
    return WorkflowDraft(workflow=workflow, template=template, manifest=manifest)


def write_template(graph: comfy.SourceGraph) -> str:
    """The graph in ComfyUI's API format, with the titles of its nodes."""
    nodes = {
        name: {
            "class_type": node.class_type,
            "inputs": node.inputs,
            **({"_meta": {"title": graph.titles[name]}} if name in graph.titles else {}),
        }
        for name, node in graph.nodes.items()
    }
    text = json.dumps(nodes, indent=2, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a pair of UTF-16, which JSON can write but UTF-8 cannot
        text = json.dumps(nodes, indent=2)
    return f"{text}\n"


def unknown_packs(graph: comfy.SourceGraph) -> Mapping[str, str]:
    """The packs that the file names of classes that the doctor does not know."""
    used = {node.class_type for node in graph.nodes.values()}
    return {name: pack for name, pack in graph.packs.items() if name in used and not comfy.pack_of(name).name}


def _refusal(source: str, reason: str) -> CommandFailed:
    return CommandFailed(f"{source} cannot be offered: {reason}. Nothing was written.", 2)
