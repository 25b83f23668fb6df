"""How many published workflows become an offer of the bot as they are, held against a person's reading.

`python -m benchmarks.workflows [--quick] [FOLDER]`: the files of FOLDER (`ui/`, `api/`, with `truth/`), and
every image-to-video workflow of comfyui-workflow-templates-json (MIT). Partner nodes are to be refused.
"""

import argparse
import json
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.table import Table

from comfy.authoring.places import find_places
from comfy.authoring.reading import read_source
from comfy.authoring.source_graph import SourceGraph
from comfy.authoring.trace import trace_inputs
from comfy.authoring.traced import Traced
from comfy.errors import BadAnswer, WorkflowInvalid
from comfy.graphs.nodes import NodeInput
from comfy.graphs.recorded_classes import recorded_classes
from comfy.protocol.json_values import as_list
from comfy.workflows.manifest import build_workflow
from comfy.workflows.manifest_fields import text_lists

DATA = Path("tests/data/workflows")
TAGS = {"Image to Video", "FLF2V"}
PARTNER = ("charges for it", "partner")  # what a refusal of partner nodes says
QUICK = 12  # files


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file and what is expected of it: `refused` is part of the reason, empty where it is to be offered."""

    name: str
    text: str
    inputs: Mapping[str, tuple[str, ...]]
    output: str = ""
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a file. `right`, `wrong`: names of inputs. `reason`: why it was refused."""

    case: Case
    seconds: float
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    reason: str = ""

    @property
    def is_right(self) -> bool:
        """Whether it was offered, or refused for the right reason."""
        if self.case.refused:
            return any(part in self.reason for part in self.case.refused)
        return not self.reason


def main() -> None:
    """Run the benchmark by its command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} files only")
    options = parser.parse_args()
    cases = [*_folder_cases(options.folder), *_template_cases()]
    outcomes = [_try(case) for case in (cases[:: len(cases) // QUICK] if options.quick else cases)]
    Console().print(_table(outcomes))
    print(json.dumps(_summary(outcomes)))


def _folder_cases(folder: Path) -> Iterator[Case]:
    for file in sorted((*folder.glob("ui/*.json"), *folder.glob("api/*.json"))):
        truth = _read_truth(folder / "truth" / f"{file.stem}.toml")
        yield _case(f"{file.parent.name}/{file.stem}", file.read_text("utf-8"), truth)


def _template_cases() -> Iterator[Case]:
    folder = files("comfyui_workflow_templates_json") / "templates"
    expected = tomllib.loads((DATA / "templates.toml").read_text("utf-8"))
    listed = json.loads((folder / "index.json").read_text("utf-8"))
    templates = {each["name"]: set(each.get("tags", ())) for group in listed for each in group["templates"]}
    for name, tags in sorted(templates.items()):
        if tags & TAGS:
            default = (
                {"refused": list(PARTNER)} if "API" in tags else _read_truth(DATA / "truth" / f"{name}.toml")
            )
            truth = expected.get(name, default)
            yield _case(f"templates/{name}", (folder / f"{name}.json").read_text("utf-8"), truth)


def _read_truth(file: Path) -> Mapping[str, object]:
    return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}


def _case(name: str, text: str, truth: Mapping[str, object]) -> Case:
    return Case(
        name=name,
        text=text,
        inputs=text_lists(truth, "inputs"),
        output=str(truth.get("output", "")),
        refused=tuple(map(str, as_list(truth.get("refused", []), "refused"))),
    )


def _try(case: Case) -> Outcome:
    started = time.perf_counter()
    try:
        graph = read_source(case.text)
        if name := _partner_node(graph):
            raise BadAnswer(reason=f"node {name} is a partner node")
        traced = trace_inputs(graph)
        _ = build_workflow(case.name.partition("/")[2], template=case.text, manifest={})
    except (BadAnswer, WorkflowInvalid) as err:
        return Outcome(case=case, seconds=time.perf_counter() - started, reason=err.reason)
    seconds = time.perf_counter() - started
    right = tuple(name for name in case.inputs if name != "prefix" and _is_found(graph, traced, case, name))
    wrong = tuple(name for name in case.inputs if name != "prefix" and name not in right)
    if case.output and traced.output != case.output:
        wrong = (*wrong, "output")
    return Outcome(case=case, seconds=seconds, right=right, wrong=wrong)


def _is_found(graph: SourceGraph, traced: Traced, case: Case, name: str) -> bool:
    """Whether the places are those of the truth, or where the values that stand there are typed."""
    found = {str(place) for place in traced.found[name].places} if name in traced.found else set[str]()
    wanted = set(case.inputs[name])
    return bool(found) and (
        wanted <= found or {each for text in wanted for each in _typed(graph, text)} <= found
    )


def _typed(graph: SourceGraph, text: str) -> Iterator[str]:
    node, _, name = text.partition(".")
    places = find_places(graph.nodes, NodeInput(node=node, input=name))
    yield from (str(place.target) for place in places) if places else (text,)


def _partner_node(graph: SourceGraph) -> str | None:
    classes = recorded_classes({node.class_type for node in graph.nodes.values()})
    partners = {name for name, each in classes.items() if each.partner}
    return next((name for name, node in graph.nodes.items() if node.class_type in partners), None)


def _table(outcomes: list[Outcome]) -> Table:
    table = Table("file", "inputs", "ms", "result")
    for each in outcomes:
        total = len(each.right) + len(each.wrong)
        result = f"refused: {each.reason}" if each.reason else "offered"
        wrong = f"  not as a person read it: {', '.join(each.wrong)}" if each.wrong else ""
        table.add_row(
            each.case.name,
            f"{len(each.right)}/{total}" if total else "",
            f"{each.seconds * 1000:.0f}",
            ("" if each.is_right else "WRONG ") + result + wrong,
        )
    return table


def _summary(outcomes: list[Outcome]) -> Mapping[str, object]:
    right = sum(len(each.right) for each in outcomes)
    total = right + sum(len(each.wrong) for each in outcomes)
    return {
        "files": len(outcomes),
        "offered": sum(not each.reason for each in outcomes),
        "refused": sum(bool(each.reason) for each in outcomes),
        "wrong": [each.case.name for each in outcomes if not each.is_right],
        "inputs": total,
        "inputs_right": right,
        "percent": round(100 * right / total, 1) if total else None,
        "seconds": round(sum(each.seconds for each in outcomes), 2),
    }


if __name__ == "__main__":
    main()
