"""Files of a server's list become names for people; two files of a pair are one LoRA."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy.graphs.lora_places import Expert
from comfy.workflows.lora_files import MAX_NAME, name_loras


def test_the_owners_patterns_choose_from_the_servers_list():
    files = ["wan22/smoke.safetensors", "wan22\\deep\\rain.safetensors", "flux/x.safetensors", "none"]

    assert name_loras(files, ["wan22/*"]) == {
        "rain": {None: "wan22\\deep\\rain.safetensors"},
        "smoke": {None: "wan22/smoke.safetensors"},
    }
    assert name_loras(files, ["wan22\\*"]).keys() == {"rain", "smoke"}
    assert name_loras(files, ["WAN22/*"]) == {}
    assert name_loras(files, ["flux/x*", "*/rain*"]).keys() == {"x", "rain"}


@pytest.mark.parametrize(
    ("high", "low", "name"),
    [
        (
            "wan2.2_i2v_lightx2v_4steps_lora_v1_high_noise.safetensors",
            "wan2.2_i2v_lightx2v_4steps_lora_v1_low_noise.safetensors",
            "wan2.2_i2v_lightx2v_4steps_lora_v1",
        ),
        ("Wan22_I2V_HIGH_smoke.safetensors", "Wan22_I2V_LOW_smoke.safetensors", "Wan22_I2V_smoke"),
        ("BounceHighWan2_2.safetensors", "BounceLowWan2_2.safetensors", "BounceWan2_2"),
        ("smoke-HighNoise.safetensors", "smoke-lowNoise.safetensors", "smoke"),
        ("smoke_HN.safetensors", "smoke_LN.safetensors", "smoke"),
        ("smoke_h.safetensors", "smoke_l.safetensors", "smoke"),
        ("high_noise/smoke.safetensors", "low_noise/smoke.safetensors", "smoke"),
        ("high/smoke_high.safetensors", "low/smoke_low.safetensors", "smoke"),
        ("a/flow_high.safetensors", "a/flow_low.safetensors", "flow"),
        ("wan/high_noise_model.safetensors", "wan/low_noise_model.safetensors", "model"),
        ("smoke/high.safetensors", "smoke/low.safetensors", "smoke"),
    ],
)
def test_two_files_that_differ_in_their_expert_are_one_lora(high: str, low: str, name: str):
    assert name_loras([low, high], ["*"], experts=True) == {name: {Expert.HIGH: high, Expert.LOW: low}}
    assert len(name_loras([low, high], ["*"])) == 2


def test_a_single_file_is_for_the_expert_that_it_names_else_for_both():
    files = ["smoke_high_e8.safetensors", "smoke_low_e12.safetensors", "slow_zoom.safetensors"]

    assert name_loras(files, ["*"], experts=True) == {
        "slow_zoom": {None: "slow_zoom.safetensors"},
        "smoke_high_e8": {Expert.HIGH: "smoke_high_e8.safetensors"},
        "smoke_low_e12": {Expert.LOW: "smoke_low_e12.safetensors"},
    }


def test_files_of_one_name_in_several_folders_are_told_apart_by_these():
    files = ["a/smoke.safetensors", "b/smoke.safetensors", "rain.safetensors", "rain.pt"]

    assert name_loras(files, ["*"]) == {
        "a/smoke": {None: "a/smoke.safetensors"},
        "b/smoke": {None: "b/smoke.safetensors"},
        "rain": {None: "rain.pt"},
        "rain (2)": {None: "rain.safetensors"},
    }


@given(st.lists(st.text(min_size=1, max_size=120), unique=True, max_size=12), st.booleans())
def test_every_file_has_a_name_that_discord_takes(stems: list[str], experts: bool):
    files = [f"{stem}.safetensors" for stem in stems]

    named = name_loras(files, ["*"], experts=experts)

    assert all(0 < len(name) <= MAX_NAME + 5 and name.isprintable() and ":" not in name for name in named)
    assert sorted({file.replace("\\", "/") for each in named.values() for file in each.values()}) == sorted(
        {file.replace("\\", "/") for file in files}
    )
