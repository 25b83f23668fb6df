"""What a workflow's clips can be: read from published graphs and the classes of their nodes."""

import pytest

from comfy import BUILT_IN, Range, WorkflowInvalid, load_workflows
from comfy.workflows.workflow import SizeRule
from tests.unit.comfy.workflows.published import NAMES, parse_workflow, published, template

RULES = {
    "cogvideox_1_5_5b_I2V_01": (16, Range(least=17, most=81, step=16), 1360 * 768, 16),
    "ex_image_to_video_cosmos_7B": (24, 121, (1024, 1024), None),
    "ex_image_to_video_wan22_14B": (16, Range(least=1, most=81, step=4), 1024 * 576, 16),
    "ex_image_to_video_wan22_5B": (24, Range(least=1, most=121, step=4), 1280 * 704, 32),
    "ex_workflow_image_to_video": (10, 14, (1024, 576), None),
    "hunyuan15": (24, Range(least=1, most=121, step=4), 1280 * 720, 16),
    "ltxv_image_to_video": (24, Range(least=9, most=257, step=8), 768 * 512, 32),
    "new_CogVideoX_api": (16, Range(least=1, most=81, step=1), (720, 480), None),
    "new_Wan22_api": (16, Range(least=1, most=241, step=4), 480 * 832, 16),
    "oelala_wan22_enhanced_q4km_api": (16, Range(least=1, most=41, step=4), 480 * 480, 16),
    "video_fastvideo_fasth3_i2v": (24, Range(least=5, most=124, step=17), None, None),
    "video_ltx2_3_i2v": (25, Range(least=9, most=121, step=8), 1280 * 720, 64),
    "video_wan2_2_14B_flf2v": (16, Range(least=1, most=81, step=4), 640 * 640, 16),
    "video_wan2_2_14B_i2v": (16, Range(least=1, most=81, step=4), 640 * 640, 16),
    "video_wan2_2_5B_ti2v": (24, Range(least=1, most=121, step=4), 1280 * 704, 32),
    "video_wan_vace_14B_ref2v": (16, Range(least=1, most=81, step=4), 768 * 768, 16),
    "wanvideo2_2_I2V_A14B_example_WIP": (16, Range(least=1, most=81, step=4), 518400, 16),
}
SOUND = {"video_fastvideo_fasth3_i2v", "video_ltx2_3_i2v"}


def test_all_published_graphs_are_held() -> None:
    assert set(NAMES) == RULES.keys()


@pytest.mark.parametrize("name", NAMES)
def test_rate_length_size_and_sound_come_from_the_graph(name: str) -> None:
    fps, frames, size, multiple = RULES[name]
    workflow = published(name)
    rules = workflow.rules

    assert rules.fps == fps
    assert rules.sound is (name in SOUND)
    if isinstance(frames, int):
        assert (rules.frames, workflow.duration, rules.seconds) == (frames, None, ())
    else:
        assert rules.ranges["frames"] == frames
    if isinstance(size, tuple):
        assert rules.size == SizeRule(sizes=(size,))
    elif size is None:
        assert rules.size is None
    else:
        assert rules.size
        assert (rules.size.area, rules.size.multiple) == (size, multiple)


@pytest.mark.parametrize(
    ("name", "defaults"),
    [
        ("video_wan2_2_14B_i2v", {"steps": 20, "cfg": 3.5, "shift": 5, "seconds": 5}),
        ("ltxv_image_to_video", {"steps": 30, "cfg": 3, "seconds": 4}),
        ("video_fastvideo_fasth3_i2v", {"steps": 8, "seconds": 5.125}),
        ("ex_workflow_image_to_video", {"steps": 20, "cfg": 2.5}),
    ],
)
def test_defaults_are_what_the_graph_holds_through_primitives_and_switches(
    name: str, defaults: dict[str, float]
) -> None:
    held = {key: value for key, value in published(name).rules.defaults.items() if key != "negative_prompt"}
    assert held == defaults


def test_the_negative_prompt_of_the_graph_is_the_default() -> None:
    assert str(published("video_ltx2_3_i2v").default("default", "negative_prompt")).startswith("pc game")
    assert "negative_prompt" not in published("video_fastvideo_fasth3_i2v").rules.defaults


def test_the_manifest_overrides_the_graph() -> None:
    before = "fps = 12.5\nsound = true\nseconds = [1, 2.5]\nsize = { area = 100000, multiple = 64 }"
    more = '[defaults]\nnegative_prompt = "blurry"\nsteps = 9'
    workflow = published("hunyuan15", more, before=before)
    assert (workflow.rules.fps, workflow.rules.sound, workflow.rules.seconds) == (12.5, True, (1, 2.5))
    assert workflow.rules.size
    assert (workflow.rules.size.area, workflow.rules.size.multiple) == (100000, 64)
    assert workflow.default("default", "steps") == 9
    assert workflow.default("default", "negative_prompt") == "blurry"


def test_the_wan_21_workflows_say_what_was_a_constant_before() -> None:
    for workflow in load_workflows(BUILT_IN).values():
        if workflow.family != "wan21_i2v":
            continue
        assert workflow.rules.fps == 16
        assert workflow.rules.seconds == (1, 2, 3, 4, 5)
        assert workflow.rules.ranges["frames"] == Range(least=17, most=81, step=4)
        assert workflow.rules.size
        assert len(workflow.rules.size.sizes) == 5
        assert workflow.default("fast", "seconds") == 5


def test_seconds_may_be_a_value_of_the_graph() -> None:
    workflow = published("video_ltx2_3_i2v")
    text = 'output = "75"\n[inputs]\nimage = ["269.image"]\nprompt = ["320:319.value"]\n'
    text += 'seconds = ["320:301.value"]\n'
    named = parse_workflow("mine", template=template("video_ltx2_3_i2v"), manifest=text)

    assert named.duration == Range(least=1, most=5)
    assert named.frames_for(3) == 76
    assert workflow.frames_for(3) == 73


@pytest.mark.parametrize(
    ("before", "part"),
    [
        ("fps = 0", "fps: 0 is not within"),
        ("size.sizes = []", "size.sizes: there is none"),
        ("size.sizes = [[1, 2, 3]]", "size.sizes: each is [width, height]"),
        ("size.area = 0", "size: area and multiple must be more than 0"),
        ("size.colour = 1", "size: colour is not known"),
        ("sound = 1", "sound is not true or false"),
        ("seconds = ['long']", "seconds is not a number"),
        ("ranges.split = {}", "ranges: split is not known"),
        ("ranges.steps = { least = 9, most = 3 }", "ranges.steps: least 9 is more than most 3"),
        ("ranges.steps = { least = 30, most = 40 }", "presets.default.steps: 20 is not within ranges.steps"),
        ("presets.fast.steps = 500\nranges.steps = {least = 1, most = 50}", "presets.fast.steps: 500 is not"),
        ("defaults.colour = 1", "defaults: colour is not known"),
        ("frames = 0", "frames: 0 is less than 1"),
        ("ranges.frames = { least = 0, most = 9 }", "ranges.frames: least 0 is less than 1"),
        ("ranges.seed = { least = 7, most = 7 }", "ranges.seed: 7 … 7 leaves no other seed for another clip"),
        ("ranges.seed = { least = 9e9, most = 1e10 }", "ranges.seed: 9000000000 … 10000000000 leaves no"),
        ("size.sizes = [[1280, 720], [1, 2]]", "size: 1×2 is not within what the nodes take, 64 … 4096"),
        (
            "size.sizes = [[1280, 721]]",
            "size: 1280×721 is not within what the nodes take, 64 … 4096",
        ),
        ("size.multiple = 5000", "size: no multiple of 5000 is within 64 … 4096"),
        ("ranges.width = { least = 705, most = 715 }", "size: no multiple of 16 is within 705 … 715"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(before: str, part: str) -> None:
    with pytest.raises(WorkflowInvalid) as caught:
        published("hunyuan15", before=before)
    assert part in str(caught.value)


def test_sides_are_multiples_of_16_where_a_node_takes_finer_steps_than_its_sampler() -> None:
    """The wrapper's encoders take steps of 8, of which its sampler fails at every other one."""
    workflow = parse_workflow("x", template=template("oelala_wan22_enhanced_q4km_api"), manifest="")
    assert workflow.rules.ranges["width"].step == 8
    assert workflow.rules.size is not None
    assert workflow.rules.size.multiple == 16
