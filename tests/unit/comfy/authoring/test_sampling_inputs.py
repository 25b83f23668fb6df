"""Seed, steps, cfg, shift, denoise and split of all kinds of samplers."""

from comfy.authoring.sampling_inputs import find_samplers, find_sampling_inputs, first_targets, split_ratio
from comfy.graphs.nodes import Nodes
from tests.unit.comfy.authoring.graphs import nodes, written

TWO_EXPERTS = nodes(
    high=(
        "KSamplerAdvanced",
        {
            "add_noise": "enable",
            "noise_seed": 5,
            "steps": 20,
            "cfg": 3.5,
            "start_at_step": 0,
            "end_at_step": 10,
        }
        | {"model": ["high_shift", 0]},
    ),
    low=(
        "KSamplerAdvanced",
        {"add_noise": "disable", "noise_seed": 0, "steps": 20, "cfg": 3.5, "start_at_step": 10}
        | {"end_at_step": 10000, "model": ["low_shift", 0], "latent_image": ["high", 0]},
    ),
    high_shift=("ModelSamplingSD3", {"shift": 5.0, "model": ["high_lora", 0]}),
    high_lora=("LoraLoaderModelOnly", {"strength_model": 1.0, "model": ["unet", 0]}),
    low_shift=("ModelSamplingSD3", {"shift": 5.0, "model": ["unet", 0]}),
    unet=("UNETLoader", {"unet_name": "a.safetensors"}),
    save=("SaveVideo", {"video": ["low", 0], "filename_prefix": "clip"}),
)
CUSTOM = nodes(
    sampler=(
        "SamplerCustomAdvanced",
        {"noise": ["noise", 0], "guider": ["guider", 0], "sigmas": ["part", 0], "sampler": ["euler", 0]},
    ),
    noise=("RandomNoise", {"noise_seed": 9}),
    guider=("CFGGuider", {"cfg": 6.0, "model": ["shift", 0]}),
    part=("SplitSigmas", {"sigmas": ["scheduler", 0], "step": 10}),
    scheduler=("BasicScheduler", {"steps": 20, "denoise": 1.0, "scheduler": "simple", "model": ["shift", 0]}),
    shift=("ModelSamplingSD3", {"shift": 7.0, "model": ["unet", 0]}),
    unet=("UNETLoader", {"unet_name": "a.safetensors"}),
    euler=("KSamplerSelect", {"sampler_name": "euler"}),
    save=("SaveVideo", {"video": ["sampler", 0], "filename_prefix": "clip"}),
)


def found(graph: Nodes) -> dict[str, list[str]]:
    inputs = find_sampling_inputs(graph, find_samplers(graph, "save"))
    return {name: written(each.places) for name, each in inputs.items()}


def changed(graph: Nodes, name: str, **inputs: object) -> Nodes:
    node = graph[name]
    return {**graph, **nodes(**{name: (node.class_type, {**node.inputs, **inputs})})}


def test_two_experts_share_their_numbers_and_only_the_first_has_noise():
    places = found(TWO_EXPERTS)

    assert places["seed"] == ["high.noise_seed"]
    assert sorted(places["steps"]) == ["high.steps", "low.steps"]
    assert sorted(places["cfg"]) == ["high.cfg", "low.cfg"]
    assert sorted(places["shift"]) == ["high_shift.shift", "low_shift.shift"]
    assert sorted(places["split"]) == ["high.end_at_step", "low.start_at_step"]


def test_the_numbers_of_a_custom_sampler_stand_at_what_it_is_given():
    places = found(CUSTOM)

    assert places == {
        "seed": ["noise.noise_seed"],
        "steps": ["scheduler.steps"],
        "cfg": ["guider.cfg"],
        "shift": ["shift.shift"],
        "denoise": ["scheduler.denoise"],
        "split": ["part.step"],
    }


def test_a_cfg_that_one_sampler_gets_from_a_schedule_is_nobodys_to_change():
    graph = changed(TWO_EXPERTS, "high", cfg=["schedule", 0])
    schedule = nodes(schedule=("CreateCFGScheduleFloatList", {"cfg_scale_start": 2, "cfg_scale_end": 1}))

    assert "cfg" not in found({**graph, **schedule})


def test_with_three_samplers_one_after_another_the_steps_stay():
    graph = changed(TWO_EXPERTS, "low", end_at_step=15)
    last = nodes(
        third=(
            "KSamplerAdvanced",
            {"add_noise": "disable", "noise_seed": 0, "steps": 20, "cfg": 1.0, "start_at_step": 15}
            | {"latent_image": ["low", 0]},
        ),
        save=("SaveVideo", {"video": ["third", 0], "filename_prefix": "clip"}),
    )

    assert {"steps", "split"} & found({**graph, **last}).keys() == set()


def test_the_ratio_of_a_split_is_that_of_the_graph():
    def ratio(graph: Nodes) -> float | None:
        return split_ratio(graph, find_sampling_inputs(graph, find_samplers(graph, "save")))

    assert ratio(TWO_EXPERTS) == 0.5
    assert ratio(changed(changed(TWO_EXPERTS, "high", end_at_step=8), "low", start_at_step=8)) == 0.4
    assert ratio({**TWO_EXPERTS, **nodes(save=("SaveVideo", {"video": ["high", 0]}))}) is None


def test_the_first_targets_are_the_samplers_own_inputs_even_where_they_are_linked():
    linked = changed(TWO_EXPERTS, "high", steps=["steps", 0])
    graph = {**linked, **nodes(steps=("PrimitiveInt", {"value": 20}))}

    targets = first_targets(graph, find_samplers(graph, "save"))

    assert str(targets["steps"]) == "high.steps"
    assert targets.keys() >= {"seed", "steps", "cfg", "shift"}
