"""A manifest that is written says, when it is read again, what was found."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from comfy.authoring.manifest_text import write_manifest
from comfy.authoring.source_graph import ModelFile
from comfy.authoring.traced import Found, Traced, TracedPreset
from comfy.graphs.nodes import NodeInput
from comfy.workflows.manifest import build_workflow

DATA = Path(__file__).parents[3] / "data" / "workflows"


def place(text: str) -> NodeInput:
    node, _, name = text.partition(".")
    return NodeInput(node=node, input=name)


def found(*places: str, how: str = "by its name", value: object = None) -> Found:
    return Found(places=tuple(map(place, places)), how=how, value=value)


WAN22 = Traced(
    output="108",
    found={
        "height": found("129:98.height", value=640),
        "width": found("129:98.width", value=640),
        "frames": found("129:98.length", value=81),
        "seed": found("129:86.noise_seed", value=2**63),
        "steps": found("129:128.value", "129:118.value", value=4),
        "split": found("129:127.value", "129:124.value"),
        "negative_prompt": found("129:89.text", value="色调艳丽"),
        "prompt": found("129:93.text", value="The boat\nrocks"),
        "image": found("97.image", value="a.png"),
    },
    presets={
        "turbo": TracedPreset(
            values={"steps": 4}, sets={place("129:131.value"): True}, how="the switch of node 129:131"
        )
    },
    notes=("node 5 (LoadImage) was bypassed and is switched on",),
)


def test_it_is_short_commented_and_ordered_as_people_read() -> None:
    text = write_manifest(WAN22, title="Wan 2.2 14B", source="video.json")
    assert text.splitlines() == [
        "# Made from video.json; docs/workflows.md says what can be changed.",
        "",
        'output = "108"  # the node that saves the clip',
        'title.en = "Wan 2.2 14B"',
        "",
        "# node 5 (LoadImage) was bypassed and is switched on",
        "",
        "[inputs]",
        'image = ["97.image"]  # by its name',
        'prompt = ["129:93.text"]  # by its name',
        'negative_prompt = ["129:89.text"]  # by its name',
        'seed = ["129:86.noise_seed"]  # by its name; now 9223372036854775808',
        'steps = ["129:128.value", "129:118.value"]  # by its name; now 4',
        'split = ["129:127.value", "129:124.value"]  # by its name',
        'width = ["129:98.width"]  # by its name; now 640',
        'height = ["129:98.height"]  # by its name; now 640',
        'frames = ["129:98.length"]  # by its name; now 81',
        "",
        "[presets.turbo]  # the switch of node 129:131",
        "steps = 4",
        'set."129:131.value" = true',
    ]


def test_the_published_graph_can_be_offered_with_it() -> None:
    template = (DATA / "api" / "video_wan2_2_14B_i2v.json").read_text("utf-8")
    manifest = tomllib.loads(write_manifest(WAN22, title="Wan", source="x"))
    workflow = build_workflow("wan22", template=template, manifest=manifest)
    assert {name: workflow.inputs[name] for name in WAN22.found} == {
        name: each.places for name, each in WAN22.found.items()
    }
    assert workflow.presets["turbo"].values == {"steps": 4}
    assert workflow.presets["turbo"].sets == {place("129:131.value"): True}


@pytest.mark.parametrize(
    "text",
    [
        'a "quoted" \\ word',
        "两个\n行\t与制表",
        "\x00\x07\x1b[31m\x7f\x85",
        "\u202egnirts\u200b\ufeff",
        "clip 🎬",
        "# no comment",
        "''' \"\"\"",
        "",
    ],
)
def test_every_text_comes_back_as_it_was(text: str) -> None:
    traced = Traced(
        output=text or "1",
        found={"image": found(f"{text}.{text}", how=text, value=text)},
        presets={text or "x": TracedPreset(values={"negative_prompt": text}, sets={}, how=text)},
        notes=(text,),
        crf=place(f"9.{text}"),
    )
    models = [ModelFile(name=text, folder=text, url=text)]
    read = tomllib.loads(
        write_manifest(traced, title=text, source=text, models=models, packs={text or "x": text})
    )
    assert read["output"] == (text or "1")
    assert read["title"] == {"en": text}
    assert read["crf"] == f"9.{text}"
    assert read["inputs"] == {"image": [f"{text}.{text}"]}
    assert read["presets"][text or "x"] == {"negative_prompt": text}
    assert read["models"] == [{"name": text, "folder": text, "url": text}]
    assert read["packs"] == {text or "x": text}


def test_half_a_surrogate_pair_leaves_a_file_that_can_be_written() -> None:
    text = write_manifest(Traced(output="1"), title="\ud83c", source="\udfac")
    assert tomllib.loads(text.encode("utf-8").decode("utf-8"))["title"] == {"en": "\ufffd"}


def test_further_rules_are_written_as_they_are() -> None:
    rules = {
        "size": {"sizes": [[832, 480], [480, 832]]},
        "fps": 16,
        "derived": {"split": "steps * 0.5"},
        "ranges": {"frames": {"least": 5, "most": 124, "step": 17}},
        "sound": True,
    }
    text = write_manifest(replace(WAN22, rules=rules), title="", source="")
    assert {key: value for key, value in tomllib.loads(text).items() if key in rules} == rules


def test_a_long_note_is_wrapped_and_a_number_is_shown_as_people_write_it() -> None:
    shift = found("1.shift", value=5.000000000000001)
    lines = write_manifest(
        Traced(output="1", found={"shift": shift}, notes=("word " * 50,)), title="", source=""
    ).splitlines()
    assert sum(line.startswith("# word") for line in lines) == 3
    assert 'shift = ["1.shift"]  # by its name; now 5' in lines


@pytest.mark.parametrize("value", [True, False, 0, -3, 2**64, 0.1, 1e30, 1e-7, "euler", "1"])
def test_values_keep_their_type(value: object) -> None:
    preset = TracedPreset(values={}, sets={place("3.a b"): value}, how="")
    read = tomllib.loads(
        write_manifest(Traced(output="1", presets={"p": preset, "q": preset}), title="", source="")
    )
    assert read["presets"] == {"p": {"set": {"3.a b": value}}, "q": {"set": {"3.a b": value}}}
    assert type(read["presets"]["p"]["set"]["3.a b"]) is type(value)
