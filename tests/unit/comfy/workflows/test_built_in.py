"""The models that come with the program: each offers what it can do, on what its servers need to have."""

import json
from importlib.resources import files

import pytest

from comfy import BUILT_IN, load_workflows
from comfy.authoring.api_format import parse_api
from comfy.authoring.reading import read_source
from comfy.graphs.recorded_classes import recorded_classes
from comfy.workflows.needed_nodes import used_classes

ALL = load_workflows(BUILT_IN)
TODAY = {name: each for name, each in ALL.items() if each.family != "wan21_i2v"}
THREE = {"draft", "fast", "quality"}
TEMPLATES = files("comfyui_workflow_templates_json") / "templates"
PUBLISHED = {
    "wan22_14b_savevideo": "video_wan2_2_14B_i2v",
    "wan22_5b_savevideo": "video_wan2_2_5B_ti2v",
    "minimax_h3_savevideo": "video_minimax_h3_i2v",
    "ltx23_savevideo": "video_ltx2_3_i2v",
}
UNUSED = {"119", "120"}  # of MiniMax H3: two nodes that lead nowhere
OFFERED = {  # by family: presets, frames a second, the usual and the longest clip in frames, size, sound
    "wan22_14b": (THREE | {"turbo"}, 16, 81, 81, (640, 640), False),
    "minimax_h3": (THREE | {"turbo"}, 24, 124, 362, (640, 640), True),
    "ltx23": ({"fast"}, 25, 121, 121, (960, 960), True),
    "wan22_5b": (THREE, 24, 121, 121, (960, 960), False),
}


def test_those_of_an_older_installation_come_first_then_the_owners_then_todays() -> None:
    families = list(dict.fromkeys(each.family for each in ALL.values()))
    assert families == ["wan21_i2v", *OFFERED]
    assert max(each.priority for each in ALL.values() if each.family == "wan21_i2v") < 100
    assert all(each.priority > 100 for each in TODAY.values())  # 100 is that of an owner's without one


@pytest.mark.parametrize("family", OFFERED)
def test_a_model_offers_what_it_was_made_for(family: str) -> None:
    own = [each for each in TODAY.values() if each.family == family]
    presets, fps, usual, longest, size, sound = OFFERED[family]
    assert {name for each in own for name in each.presets} == presets
    for each in own:
        seconds = each.default(next(iter(each.presets)), "seconds")
        assert isinstance(seconds, int | float)
        assert (each.rules.fps, each.frames_for(seconds), each.rules.ranges["frames"].most) == (
            fps,
            usual,
            longest,
        )
        assert each.rules.size
        assert (each.rules.size.fit(1), each.rules.sound) == (size, sound)
        assert each.title.keys() == each.description.keys() == {"en", "zh"}


def test_only_the_turbo_preset_needs_its_lora_and_only_the_better_output_a_pack() -> None:
    for name, each in TODAY.items():
        used = used_classes([each])
        assert ("LoraLoaderModelOnly" in used) == ("turbo" in name or "ltx" in name), name
        assert ("VHS_VideoCombine" in used) == (not name.endswith("_savevideo"))
        assert each.built_in


def test_where_a_servers_nodes_are_not_known_yet_the_recorded_ones_say_the_rules() -> None:
    used = used_classes(TODAY.values())
    assert recorded_classes(used).keys() == used


@pytest.mark.parametrize(("name", "template"), PUBLISHED.items())
def test_a_graph_is_the_published_one_as_the_command_reads_it(name: str, template: str) -> None:
    read = read_source((TEMPLATES / f"{template}.json").read_text("utf-8")).nodes
    kept = parse_api(json.loads((BUILT_IN / f"{name}.json").read_text("utf-8"))).nodes

    assert read.keys() - kept.keys() <= UNUSED
    for node, each in kept.items():
        assert (node, each.class_type) == (node, read[node].class_type)
        assert each.inputs.items() <= read[node].inputs.items(), node


def test_a_clip_of_h3_can_end_on_a_picture() -> None:
    assert {each.family for each in TODAY.values() if each.rules.last_picture} == {"minimax_h3"}
