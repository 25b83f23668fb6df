"""Recognise graphs that would send members' pictures to another company, and leave them out."""

from dataclasses import replace

from comfy.errors import WorkflowInvalid
from comfy.graphs.recorded_classes import recorded_classes
from comfy.protocol.object_info import NodeClasses
from comfy.workflows.files import LoadedWorkflows
from comfy.workflows.needed_nodes import needed_nodes
from comfy.workflows.workflow import Workflow


def partner_nodes(workflow: Workflow, node_classes: NodeClasses) -> tuple[str, ...]:
    """The classes among those of its graph that send what they get to another company."""
    used = {node.class_type for node in needed_nodes(workflow).values()}
    known = {**recorded_classes(used), **node_classes}
    return tuple(sorted(name for name in used if name in known and known[name].partner))


def without_partner_nodes(loaded: LoadedWorkflows, node_classes: NodeClasses) -> LoadedWorkflows:
    """The workflows without those that have partner nodes, which are invalid by that reason."""
    found = {name: partner_nodes(each, node_classes) for name, each in loaded.workflows.items()}
    return replace(
        loaded,
        workflows={name: each for name, each in loaded.workflows.items() if not found[name]},
        invalid=(*loaded.invalid, *(_refusal(name, each) for name, each in found.items() if each)),
    )


def _refusal(name: str, classes: tuple[str, ...]) -> WorkflowInvalid:
    reason = (
        f"{', '.join(classes)} would send people's pictures and words to another company, which charges for "
        "it; if you want that, set ALLOW_PARTNER_NODES=true"
    )
    return WorkflowInvalid(workflow=name, reason=reason, forbidden=True)
