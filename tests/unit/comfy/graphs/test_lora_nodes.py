"""LoRAs in published graphs: chained behind what is there, each for its own model."""

from comfy.graphs.lora_nodes import LoraFiles, add_loras
from comfy.graphs.lora_places import Expert, find_lora_places
from comfy.graphs.nodes import Nodes
from tests.unit.comfy.graphs.test_lora_places import classes_of, with_flexible_loader
from tests.unit.comfy.workflows.published_nodes import load

PAIR: LoraFiles = {Expert.HIGH: "h.safetensors", Expert.LOW: "l.safetensors"}
BOTH: LoraFiles = {None: "wan22\\both.safetensors"}


def added(nodes: Nodes, output: str, *loras: tuple[LoraFiles, float]) -> Nodes:
    return add_loras(nodes, find_lora_places(nodes, output, classes_of(nodes)), loras)


def test_native_models_get_a_chain_between_the_loader_and_all_that_it_feeds():
    nodes = added(load("video_wan2_2_14B_i2v"), "108", (PAIR, 0.8), (BOTH, 1.5))

    assert nodes["animate_lora_1_1"].inputs == {
        "model": ["129:95", 0],
        "lora_name": "h.safetensors",
        "strength_model": 0.8,
    }
    assert nodes["animate_lora_1_2"].inputs == {
        "model": ["animate_lora_1_1", 0],
        "lora_name": "wan22\\both.safetensors",
        "strength_model": 1.5,
    }
    assert nodes["129:101"].inputs["model"] == ["animate_lora_1_2", 0]
    assert nodes["129:116"].inputs["on_false"] == ["animate_lora_1_2", 0]
    assert nodes["129:116"].inputs["on_true"] == ["129:101", 0]
    assert nodes["animate_lora_2_1"].inputs["lora_name"] == "l.safetensors"
    assert nodes["129:102"].inputs["model"] == ["animate_lora_2_2", 0]


def test_a_lora_of_one_expert_is_left_out_of_the_other():
    nodes = added(load("video_wan2_2_14B_i2v"), "108", ({Expert.LOW: "l.safetensors"}, 1.0))

    assert nodes["129:101"].inputs["model"] == ["129:95", 0]
    assert nodes["129:102"].inputs["model"] == ["animate_lora_2_1", 0]


def test_the_wrapper_gets_a_chain_after_the_loras_that_it_has():
    nodes = added(load("wanvideo2_2_I2V_A14B_example_WIP"), "60", (PAIR, 1.0), (BOTH, 0.5))
    ends = {key: nodes[nodes[key].inputs["lora"][0]].inputs for key in ("79", "80")}  # pyright: ignore[reportIndexIssue]

    for end in ends.values():
        assert (end["lora"], end["strength"], end["merge_loras"]) == ("wan22\\both.safetensors", 0.5, False)
    firsts = {key: nodes[end["prev_lora"][0]].inputs for key, end in ends.items()}  # pyright: ignore[reportIndexIssue]
    assert (firsts["80"]["lora"], firsts["80"]["prev_lora"]) == ("h.safetensors", ["56", 0])
    assert (firsts["79"]["lora"], firsts["79"]["prev_lora"]) == ("l.safetensors", ["97", 0])


def test_the_wrapper_without_loras_gets_the_first_one():
    nodes = added(load("oelala_wan22_enhanced_q4km_api"), "12", (BOTH, 1.0))

    assert "prev_lora" not in nodes["animate_lora_1_1"].inputs
    assert nodes["8"].inputs["lora"] == ["animate_lora_1_1", 0]


def test_a_flexible_loader_gets_further_inputs():
    nodes = added(with_flexible_loader(), "58", (BOTH, 0.7))

    assert nodes.keys() == with_flexible_loader().keys()
    assert nodes["90"].inputs["lora_1"] == {"on": True, "lora": "own.safetensors", "strength": 1.0}
    assert nodes["90"].inputs["lora_2"] == {
        "on": True,
        "lora": "wan22\\both.safetensors",
        "strength": 0.7,
    }


def test_without_a_lora_the_graph_stays_as_it_is():
    nodes = load("video_wan2_2_14B_i2v")

    assert added(nodes, "108") == nodes
