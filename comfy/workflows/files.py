"""Load workflows from folders: the graph NAME.json, and its manifest NAME.toml, which may be missing."""

import functools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from comfy.errors import BadAnswer, WorkflowInvalid
from comfy.protocol.json_values import as_text, is_mapping
from comfy.protocol.object_info import NodeClasses
from comfy.workflows.manifest import NO_CLASSES, build_workflow
from comfy.workflows.workflow import Workflow

BUILT_IN = Path(__file__).parent / "built_in"
SUFFIXES = (".json", ".toml")
MAX_FILE_BYTES = 5 * 2**20
MAX_BASES = 10  # manifests that extend one another
REPLACED = ("presets", "choices", "size")  # as a whole, by a manifest that extends another

Manifest = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedWorkflows:
    """The usable workflows by name, smallest `priority` first, and what is wrong with each other one.

    `mistakes`: a sentence for each preference of the operator that cannot be kept.
    """

    workflows: Mapping[str, Workflow] = field(default_factory=dict[str, Workflow])
    invalid: tuple[WorkflowInvalid, ...] = ()
    mistakes: tuple[str, ...] = ()


def load_workflows(*folders: Path) -> Mapping[str, Workflow]:
    """Load all workflows of the folders, smallest `priority` first; of two with one name the later folder's.

    Raises WorkflowInvalid for the first that is wrong, with its name and what is wrong in which file.
    """
    loaded = read_workflows(*folders)
    for err in loaded.invalid:
        raise err
    return loaded.workflows


def read_workflows(*folders: Path, node_classes: NodeClasses = NO_CLASSES) -> LoadedWorkflows:
    """Load all workflows of the folders as `load_workflows` does, without those that are wrong.

    `node_classes`: what servers say of their classes; of others the recorded ones count.
    """
    listed, invalid = list[Files](), list[WorkflowInvalid]()
    for folder in folders:
        try:
            listed.append(_find_files(folder))
        except WorkflowInvalid as err:
            invalid.append(err)
    loaded = list[Workflow]()
    for name in sorted(frozenset[str]().union(*listed)):
        try:
            loaded.append(_load(name, listed, node_classes))
        except WorkflowInvalid as err:
            invalid.append(err)
    ordered = sorted(loaded, key=lambda workflow: workflow.priority)
    return LoadedWorkflows(workflows={each.name: each for each in ordered}, invalid=tuple(invalid))


Pair = Mapping[str, Path]
"""The files of one workflow by suffix."""
Files = Mapping[str, Pair]
"""The files of one folder by the name of the workflow."""


def _find_files(folder: Path) -> Files:
    """The files of a folder. Raises WorkflowInvalid where it cannot be listed."""
    found: dict[str, dict[str, Path]] = {}
    try:
        listed = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    except OSError as err:
        raise WorkflowInvalid(workflow=folder.name, reason="there is no such folder of workflows") from err
    for file in listed:
        found.setdefault(file.stem, {}).setdefault(file.suffix.lower(), file)
    return found


def _load(name: str, folders: Sequence[Files], node_classes: NodeClasses) -> Workflow:
    _refuse_twins(name, folders)
    chain = list(_chain(name, folders))
    template = next((pair[".json"] for pair, _ in chain if ".json" in pair), None)
    if template is None:
        raise _half(name)
    graph, manifests = _read(name, template), tuple(text for _, text in chain)
    try:
        workflow = _build(name, graph, manifests, node_classes) if node_classes else None
    except WorkflowInvalid:
        workflow = None  # what is recorded counts where a server says nonsense of its classes
    workflow = workflow or _build_from_recorded(name, graph, manifests)
    return replace(workflow, built_in=template.parent == BUILT_IN)


@functools.lru_cache(maxsize=64)  # folders are read again and again, and one of their files has changed
def _build_from_recorded(name: str, graph: str, manifests: tuple[str, ...]) -> Workflow:
    return _build(name, graph, manifests, NO_CLASSES)


def _build(name: str, graph: str, manifests: tuple[str, ...], node_classes: NodeClasses) -> Workflow:
    manifest: Manifest = {}
    for own in map(_parse_manifest, reversed(manifests)):
        manifest = _merge(manifest, {key: value for key, value in own.items() if key != "extends"})
    return build_workflow(name, template=graph, manifest=manifest, node_classes=node_classes)


def _refuse_twins(name: str, folders: Sequence[Files]) -> None:
    """Refuse two names that differ in case alone: on Windows and macOS they are one file."""
    names = frozenset[str]().union(*folders)
    twins = sorted(each for each in names if each.casefold() == name.casefold())
    if len(twins) > 1:
        raise WorkflowInvalid(
            workflow=name, reason=f"{' and '.join(twins)} are two files for one name; rename one of them"
        )


def _chain(name: str, folders: Sequence[Files]) -> Iterator[tuple[Pair, str]]:
    """The files and the text of the manifest of a workflow, then of the one that it extends, and so on.

    That is looked for in the same folder and those before it; by its own name, in those before it.
    """
    current, left = name, len(folders)
    for _ in range(MAX_BASES):
        index = next((each for each in reversed(range(left)) if current in folders[each]), None)
        if index is None:
            raise WorkflowInvalid(
                workflow=name, reason=f"{name}.toml: extends: there is no other workflow {current}"
            )
        pair = folders[index][current]
        text = _read(name, pair[".toml"]) if ".toml" in pair else ""
        try:
            own = _parse_manifest(text)
        except (tomllib.TOMLDecodeError, RecursionError) as err:
            raise WorkflowInvalid(workflow=name, reason=f"{pair['.toml'].name}: {err}") from err
        yield pair, text
        if "extends" not in own:
            return
        base = _base_name(name, own)
        current, left = base, index if base == current else index + 1
    raise WorkflowInvalid(workflow=name, reason=f"{name}.toml: extends: the manifests extend one another")


def _base_name(name: str, manifest: Manifest) -> str:
    try:
        return as_text(manifest["extends"], "extends")
    except BadAnswer as err:
        raise WorkflowInvalid(workflow=name, reason=f"{name}.toml: {err.reason}") from err


def _half(name: str) -> WorkflowInvalid:
    return WorkflowInvalid(workflow=name, reason=f"{name}.json is missing beside {name}.toml")


@functools.lru_cache(maxsize=64)
def _parse_manifest(text: str) -> Manifest:
    return tomllib.loads(text)


def _read(name: str, file: Path) -> str:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise WorkflowInvalid(workflow=name, reason=f"{file.name}: it is larger than 5 MiB")
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise WorkflowInvalid(workflow=name, reason=f"{file.name}: it cannot be read as UTF-8") from err


def _merge(base: Manifest, own: Manifest) -> Manifest:
    """The tables of both; of one key the value of `own`."""
    return {**base, **dict(_merged_items(base, own))}


def _merged_items(base: Manifest, own: Manifest) -> Iterator[tuple[str, object]]:
    for key, value in own.items():
        other = base.get(key)
        if key not in REPLACED and is_mapping(other) and is_mapping(value):
            yield key, _merge(other, value)
        else:
            yield key, value
