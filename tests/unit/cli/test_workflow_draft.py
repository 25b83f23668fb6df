"""The files are tried before they are written: what the bot would not offer is one sentence."""

import json
import tomllib
from dataclasses import replace

import pytest

import comfy
from cli.errors import CommandFailed
from cli.workflow_draft import WorkflowDraft, draft_workflow, unknown_packs, write_template
from comfy.authoring.api_format import parse_api
from comfy.graphs.nodes import TemplateNode
from tests.unit.cli.workflow_setup import GRAPH, place, traced_as

SOURCE = parse_api(json.loads(GRAPH.read_text("utf-8")))
TRACED = traced_as(GRAPH.stem)


def draft(
    graph: comfy.SourceGraph = SOURCE, traced: comfy.Traced = TRACED, *, partners: bool = False
) -> WorkflowDraft:
    return draft_workflow(
        "mine", graph, traced, title="Mine", source="x.json", node_classes={}, allow_partner_nodes=partners
    )


def without(name: str) -> comfy.Traced:
    return replace(TRACED, found={key: each for key, each in TRACED.found.items() if key != name})


def test_the_graph_is_kept_with_its_titles() -> None:
    graph = replace(SOURCE, titles={next(iter(SOURCE.nodes)): "图 \ud83c"})
    text = write_template(graph)
    read = parse_api(json.loads(text.encode("utf-8")))
    assert (read.nodes, read.titles) == (graph.nodes, graph.titles)


def test_what_is_written_says_where_files_and_unknown_packs_come_from() -> None:
    node = next(iter(SOURCE.nodes.values())).class_type
    graph = replace(
        SOURCE,
        nodes={**SOURCE.nodes, "900": TemplateNode(class_type="NewNode", inputs={})},
        models=(
            comfy.ModelFile(name="a.pt", folder="vae", url="https://x/a.pt"),
            comfy.ModelFile(name="b.pt", folder="vae", url="javascript:alert(1)"),
        ),
        packs={node: "comfy-core", "NewNode": "new-pack", "Unused": "other"},
    )
    manifest = tomllib.loads(draft(graph).manifest)
    assert manifest["models"] == [{"name": "a.pt", "folder": "vae", "url": "https://x/a.pt"}]
    assert manifest["packs"] == dict(unknown_packs(graph)) == {"NewNode": "new-pack"}


@pytest.mark.parametrize(
    ("traced", "told"),
    [
        (without("image"), "it takes no picture"),
        (replace(TRACED, output="nowhere"), "nowhere is not known"),
        (replace(without("width"), rules={}), "height alone fills no size"),
        (
            replace(TRACED, rules={"ranges": {"steps": {"least": 5, "most": 1}}}),
            "least 5 is more than most 1",
        ),
        (
            replace(TRACED, found={**TRACED.found, "seed": comfy.Found(places=(place("1.x"),), how="")}),
            "the template has no input 1.x",
        ),
    ],
)
def test_what_cannot_be_offered_is_refused_with_where_and_why(traced: comfy.Traced, told: str) -> None:
    with pytest.raises(CommandFailed) as failure:
        draft(traced=traced)
    assert told in str(failure.value)
    assert str(failure.value).startswith("x.json cannot be offered: ")
    assert str(failure.value).endswith("Nothing was written.")
    assert failure.value.code == 2
    assert "mine.toml" not in str(failure.value)


def test_partner_nodes_are_refused_until_they_are_allowed() -> None:
    nodes = {
        "1": TemplateNode(class_type="LoadImage", inputs={"image": "x.png"}),
        "2": TemplateNode(
            class_type="KlingImage2VideoNode", inputs={"start_frame": ["1", 0], "prompt": "go"}
        ),
        "3": TemplateNode(class_type="SaveVideo", inputs={"video": ["2", 0], "filename_prefix": "x"}),
    }
    found = {
        "image": comfy.Found(places=(place("1.image"),), how=""),
        "prompt": comfy.Found(places=(place("2.prompt"),), how=""),
    }
    traced = comfy.Traced(output="3", found=found)
    with pytest.raises(CommandFailed, match="ALLOW_PARTNER_NODES"):
        draft(comfy.SourceGraph(nodes=nodes), traced)
    assert draft(comfy.SourceGraph(nodes=nodes), traced, partners=True).workflow.output == "3"
