"""How many steps the samplers of published graphs will count, and of others like them."""

from collections.abc import Mapping

import pytest

from comfy.graphs.ancestors import find_output
from comfy.graphs.nodes import Nodes, Stage, TemplateNode
from comfy.graphs.sampler_steps import ExpectedBars, expect_bars
from tests.unit.comfy.workflows import published_nodes
from tests.unit.comfy.workflows.published_nodes import node

EXPECTED = {
    "cogvideox_1_5_5b_I2V_01": {"63": 25},
    "ex_image_to_video_cosmos_7B": {"3": 20},
    "ex_image_to_video_wan22_14B": {"57": 10, "58": 10},
    "ex_image_to_video_wan22_5B": {"3": 30},
    "ex_workflow_image_to_video": {"3": 20},
    "hunyuan15": {"125": 20},
    "ltxv_image_to_video": {"72": 30},
    "new_CogVideoX_api": {"8": 15},
    "new_Wan22_api": {"220": 4, "540": 4},
    "oelala_wan22_enhanced_q4km_api": {"10": 4},
    "txt_to_image_to_video": {"3": 20, "17": 15},
    "video_fastvideo_fasth3_i2v": {"105:14": 8},
    "video_ltx2_3_i2v": {"320:283": 8, "320:308": 3},
    "video_wan2_2_14B_flf2v": {"84": 10, "87": 10},
    "video_wan2_2_14B_i2v": {"129:86": 10, "129:85": 10},
    "video_wan2_2_5B_ti2v": {"3": 20},
    "video_wan_vace_14B_ref2v": {"108": 4},
    "wanvideo2_2_I2V_A14B_example_WIP": {"27": 3, "90": 3},
}
CONSTANT = {"8": node("INTConstant", value=8), "3": node("PrimitiveInt", value=3)}


def stages_of(graph: Nodes) -> Mapping[str, Stage]:
    """The nodes that sample, as a manifest without a word about them has it."""
    return {name: Stage.SAMPLING for name, each in graph.items() if "Sampler" in each.class_type}


def bars_of(sampler: TemplateNode, **others: TemplateNode) -> ExpectedBars:
    """What the sampler of a graph of these nodes is expected to count."""
    graph: Nodes = {**CONSTANT, **others, "s": sampler}
    stages = {
        name: Stage.SAMPLING if "Sampler" in each.class_type else Stage.LOADING
        for name, each in graph.items()
    }
    return expect_bars(graph, stages, "s")["s"]


def steps_of(sampler: TemplateNode, **others: TemplateNode) -> int:
    return bars_of(sampler, **others).steps


@pytest.mark.parametrize("name", published_nodes.NAMES)
def test_every_sampler_of_a_published_graph_is_counted_before_it_runs(name: str):
    graph = published_nodes.load(name)

    expected = expect_bars(graph, stages_of(graph), find_output(graph) or "")

    assert {key: bars.steps * bars.bars for key, bars in expected.items()} == EXPECTED[name]


def test_the_branch_that_a_switch_takes_decides():
    graph = dict(published_nodes.load("video_wan2_2_14B_i2v"))
    graph["129:131"] = node("PrimitiveBoolean", value=True)
    stages: Mapping[str, Stage] = dict.fromkeys(("129:85", "129:86"), Stage.SAMPLING)

    assert [bars.steps for bars in expect_bars(graph, stages, "108").values()] == [2, 2]


@pytest.mark.parametrize(
    ("inputs", "steps"),
    [
        ({"steps": 8, "start_at_step": 3, "end_at_step": 10000}, 5),
        ({"steps": ["8", 0], "start_at_step": ["3", 0], "end_at_step": 6}, 3),
        ({"steps": 8, "start_at_step": 0, "end_at_step": 4}, 4),
        ({"steps": 8, "start_at_step": 9, "end_at_step": 10000}, 0),
        ({"steps": ["gone", 0], "start_at_step": 0, "end_at_step": 10000}, 0),
        ({"steps": 8, "start_at_step": ["gone", 0], "end_at_step": 10000}, 0),
    ],
)
def test_a_sampler_with_start_and_end_takes_the_steps_between(inputs: Mapping[str, object], steps: int):
    assert steps_of(node("KSamplerAdvanced", **inputs)) == steps


@pytest.mark.parametrize(
    ("inputs", "steps"),
    [
        ({"steps": 8, "start_step": 3, "end_step": -1}, 5),
        ({"steps": 8, "start_step": 0, "end_step": ["3", 0]}, 3),
        ({"steps": 20, "denoise_strength": 0.5}, 11),
        ({"steps": 20, "denoise_strength": 1.0, "sigmas": ["sigmas", 0]}, 2),
        ({"scheduler": ["schedule", 0]}, 5),
    ],
)
def test_the_wrappers_sampler_takes_part_of_the_schedule(inputs: Mapping[str, object], steps: int):
    sigmas = node("ManualSigmas", sigmas="1.0, .5, 0")
    schedule = node("WanVideoSchedulerv2", steps=8, start_step=3, end_step=-1)

    assert steps_of(node("WanVideoSampler", **inputs), sigmas=sigmas, schedule=schedule) == steps


@pytest.mark.parametrize(
    ("link", "steps"),
    [
        (["basic", 0], 8),
        (["high", 0], 3),
        (["high", 1], 5),
        (["denoise", 0], 6),
        (["denoise", 1], 2),
        (["flip", 0], 8),
        (["ays", 0], 4),
        (["reroute", 0], 8),
        (["extended", 0], 0),
        (["gone", 0], 0),
    ],
)
def test_sigmas_are_followed_to_their_schedule(link: list[object], steps: int):
    others = {
        "basic": node("BasicScheduler", model=["m", 0], steps=["8", 0], scheduler="simple", denoise=0.5),
        "high": node("SplitSigmas", sigmas=["basic", 0], step=["3", 0]),
        "denoise": node("SplitSigmasDenoise", sigmas=["basic", 0], denoise=0.25),
        "flip": node("FlipSigmas", sigmas=["basic", 0]),
        "ays": node("AlignYourStepsScheduler", model_type="SVD", steps=8, denoise=0.5),
        "reroute": node("Reroute", **{"": ["basic", 0]}),
        "extended": node("ExtendIntermediateSigmas", sigmas=["basic", 0], steps=2),
    }

    assert steps_of(node("SamplerCustomAdvanced", sigmas=link), **others) == steps


def test_a_circle_of_links_is_not_followed_for_ever():
    circle = {"a": node("FlipSigmas", sigmas=["b", 0]), "b": node("FlipSigmas", sigmas=["a", 0])}

    assert steps_of(node("SamplerCustom", sigmas=["a", 0]), **circle) == 0


def test_a_node_that_many_links_lead_to_is_counted_once():
    sources = ("sigmas", "scheduler", "sampler_inputs")
    levels = {str(n): node("Reroute", **{key: [str(n + 1), 0] for key in sources}) for n in range(90)}

    assert steps_of(node("SamplerCustom", sigmas=["0", 0]), **levels) == 0


def test_a_sampler_that_works_section_by_section_has_a_bar_for_each():
    sampler = node("FramePackSampler", steps=30, total_second_length=5.0, latent_window_size=9)

    assert bars_of(sampler) == ExpectedBars(steps=30, bars=4)


def test_what_only_describes_a_sampler_counts_nothing():
    graph = {
        "1": node("WanVideoSamplerSettings", steps=30, seed=1),
        "2": node("KSamplerSelect", sampler_name="euler"),
        "3": node("WanVideoSamplerFromSettings", sampler_inputs=["1", 0], sampler=["2", 0]),
        "4": node("UltimateSDUpscale", steps=12, seed=1, image=["3", 0]),
    }
    stages = {"1": Stage.SAMPLING, "2": Stage.SAMPLING, "3": Stage.SAMPLING, "4": Stage.LOADING}

    assert {name: bars.steps for name, bars in expect_bars(graph, stages, "4").items()} == {"3": 30, "4": 12}
