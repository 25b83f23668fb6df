"""Check what a server has of what the workflows need: packs, nodes, files. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from comfy.doctor.absent_models import absent_models, describe_lacks
from comfy.doctor.findings import (
    ABSENT_MODEL,
    ATTENTION,
    DEPRECATED,
    KEEPS_CLIPS,
    MODEL,
    NODE,
    NODES,
    PACK,
    REFUSED_GRAPH,
    UNPROVEN_ATTENTION,
    WORKFLOW,
    Finding,
)
from comfy.doctor.graph_checks import Pair
from comfy.doctor.model_checks import check_missing_model
from comfy.doctor.node_packs import NodePack, pack_of
from comfy.errors import MissingModel, NodeMissing
from comfy.graphs.nodes import TemplateNode
from comfy.protocol.object_info import NodeClasses, is_model_file
from comfy.workflows.adapt import MissingRequirement, ModelFiles, adapt, find_missing
from comfy.workflows.needed_nodes import needed_nodes, used_classes
from comfy.workflows.workflow import Role, Workflow

MAX_NAMES = 20  # node classes in one line
# Nodes that write into the output folder, the prompt with it, and have no input that keeps them from it.
SAVING_CLASSES = frozenset(
    {"SaveVideo", "SaveWEBM", "SaveAnimatedWEBP", "SaveAnimatedPNG", "SaveImage", "SaveAudio"}
)
# By a part of the attention's name: the packages without which it fails, though every server offers it.
ATTENTION_PACKAGES = {"sage": "sageattention", "flash_attn_3": "flash_attn_interface", "flash": "flash-attn"}

Workflows = Mapping[str, Workflow]
Missing = Mapping[str, Sequence[MissingRequirement]]
NO_REFUSALS: Mapping[Pair, str] = MappingProxyType({})


def adapt_runnable(workflows: Workflows, node_classes: NodeClasses, files: ModelFiles) -> Workflows:
    """The workflows of which the server lacks nothing, adapted to it."""
    return {
        name: adapt(workflow, node_classes, files)
        for name, workflow in workflows.items()
        if not find_missing(workflow, node_classes, files)
    }


def check_requirements(
    workflows: Workflows,
    node_classes: NodeClasses,
    files: ModelFiles,
    refusals: Mapping[Pair, str] = NO_REFUSALS,
    preferred: Pair | None = None,
) -> Iterator[Finding]:
    """Packs, nodes, files and deprecated nodes; then each workflow.

    `refusals`: why jobs of a workflow that lacks nothing would fail. `preferred`: what a plain request takes
    of those that lack nothing. What a workflow lacks is needed where no other is complete. A built-in model
    that the server does not have is one finding.
    """
    missing = {name: find_missing(workflow, node_classes, files) for name, workflow in workflows.items()}
    absent = absent_models(workflows, missing)
    workflows = {name: each for name, each in workflows.items() if each.family not in absent}
    missing = {name: missing[name] for name in workflows}
    complete = adapt_runnable(workflows, node_classes, files)
    needed = not complete
    refused = {name: f"preset {preset}: {reason}" for (name, preset), reason in refusals.items()}
    yield from _check_nodes(workflows, node_classes, needed)
    yield from _check_files(complete)
    yield from _check_missing_files(workflows, missing, node_classes, needed=needed)
    yield from _check_attention(complete, files)
    yield from _check_deprecated(complete, node_classes)
    for name in workflows:
        if name in refused:
            fails_all = preferred in refusals if preferred else complete.keys() <= refused.keys()
            yield REFUSED_GRAPH.for_jobs(fails_all).result(name, ok=False, reason=refused[name])
        else:
            yield WORKFLOW.for_jobs(needed).result(name, ok=name in complete)
    yield from _check_leftovers(complete)
    for family, lacks in absent.items():
        yield ABSENT_MODEL.result(family, ok=False, lacks=describe_lacks(lacks))


def describe_missing(workflow: Workflow, missing: Iterable[MissingRequirement]) -> str:
    """What a server lacks to run the workflow, and what to do about it, in one line of a log."""
    lacks = list(missing)
    classes = {each.class_type for each in lacks if isinstance(each, NodeMissing)}
    findings = list(_missing_nodes(classes, workflow.packs, needed=True))
    findings += _check_missing_files({workflow.name: workflow}, {workflow.name: lacks}, {}, needed=True)
    texts, fixes = ([getattr(each, name) for each in findings] for name in ("text", "fix"))
    return f"{', '.join(texts)}. {' '.join(dict.fromkeys(fixes))}"


def attention_package(attention: str) -> str:
    """The Python package that an attention needs, "" where it needs none."""
    return next((package for part, package in ATTENTION_PACKAGES.items() if part in attention), "")


def _check_nodes(workflows: Workflows, node_classes: NodeClasses, needed: bool) -> Iterator[Finding]:
    used = used_classes(workflows.values())
    told = {key: pack for workflow in workflows.values() for key, pack in workflow.packs.items()}
    names = {each: pack_of(each, told).name for each in used}
    absent = {each for each in used if each not in node_classes}
    for pack in sorted({*names.values()} - {names[each] for each in absent} - {""}):
        yield PACK.result(pack, ok=True)
    yield from _missing_nodes(absent, told, needed=needed)


def _missing_nodes(absent: Collection[str], told: Mapping[str, str], *, needed: bool) -> Iterator[Finding]:
    """One finding for each pack, however many of its nodes are missing; `told`: by class, as files say."""
    packs = {each: pack_of(each, told) for each in sorted(absent)}
    for name in sorted({each.name for each in packs.values()}):
        of_pack = {class_type: pack for class_type, pack in packs.items() if pack.name == name}
        if name and len(of_pack) > 1:
            yield _missing_pack(of_pack, needed)
        else:
            for class_type, pack in of_pack.items():
                lack = NODE.for_jobs(needed)
                yield lack.result(class_type, ok=False, pack=pack.name, how=pack.fix)


def _missing_pack(of_pack: Mapping[str, NodePack], needed: bool) -> Finding:
    classes, pack = list(of_pack), next(iter(of_pack.values()))
    more = ["…"] if len(classes) > MAX_NAMES else []
    names, count = ", ".join(classes[:MAX_NAMES] + more), str(len(classes))
    return NODES.for_jobs(needed).result(names, ok=False, count=count, pack=pack.name, how=pack.fix)


def _check_files(runnable: Workflows) -> Iterator[Finding]:
    used = {
        value
        for workflow in runnable.values()
        for node in needed_nodes(workflow).values()
        for value in node.inputs.values()
        if is_model_file(value)
    }
    for file in sorted(used):
        yield MODEL.result(file, ok=True)


def _check_missing_files(
    workflows: Workflows, missing: Missing, node_classes: NodeClasses, *, needed: bool
) -> Iterator[Finding]:
    models = {
        (not _is_attention(each, workflows[name]), each.file): (each, workflows[name])
        for name, requirements in missing.items()
        for each in requirements
        if isinstance(each, MissingModel)
    }
    for (is_file, _), (model, workflow) in sorted(models.items(), key=lambda item: item[0]):
        if is_file:
            yield check_missing_model(model, workflow, node_classes, needed=needed)
        else:
            offered = ", ".join(model.offered)
            yield ATTENTION.for_jobs(needed).result(model.file, ok=False, offered=offered)


def _is_attention(missing: MissingModel, workflow: Workflow) -> bool:
    inputs = workflow.installed.get(Role.ATTENTION, ())
    return (missing.node, missing.field) in {(each.node, each.input) for each in inputs}


def _check_attention(runnable: Workflows, files: ModelFiles) -> Iterator[Finding]:
    package = attention_package(files.attention)
    if package and any(workflow.installed.get(Role.ATTENTION) for workflow in runnable.values()):
        yield UNPROVEN_ATTENTION.result(files.attention, ok=False, package=package)


def _check_leftovers(runnable: Workflows) -> Iterator[Finding]:
    """Workflows that leave clips there, where no other comes before them that leaves none."""
    tidy = set[tuple[str, str]]()
    for name, workflow in runnable.items():
        offered = {(workflow.family, preset) for preset in workflow.presets}
        if not any(map(_keeps_files, needed_nodes(workflow).values())):
            tidy |= offered
        elif not offered <= tidy:
            yield KEEPS_CLIPS.result(name, ok=False)


def _keeps_files(node: TemplateNode) -> bool:
    if node.class_type == "VHS_VideoCombine":
        return node.inputs.get("save_output") is not False
    return node.class_type in SAVING_CLASSES


def _check_deprecated(runnable: Workflows, node_classes: NodeClasses) -> Iterator[Finding]:
    """Deprecated nodes are removed some day; a workflow without them may be there already."""
    deprecated = {
        (node.class_type, name)
        for name, workflow in runnable.items()
        for node in needed_nodes(workflow).values()
        if node_classes[node.class_type].deprecated
    }
    for class_type, name in sorted(deprecated):
        yield DEPRECATED.result(class_type, ok=False, workflows=name)
