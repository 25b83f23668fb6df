"""A built-in model that a server does not have is one line, and no fault where another works."""

from dataclasses import replace

import pytest

from comfy import BUILT_IN, ModelFiles, Workflow, check_server, load_workflows
from comfy.doctor.absent_models import absent_models, describe_lacks
from comfy.doctor.findings import ABSENT_MODEL, KEEPS_CLIPS, MODEL, WORKFLOW
from comfy.errors import MissingModel, NodeMissing
from playground.comfyui import ComfyUI
from tests.unit.comfy.doctor.checked_servers import findings_of, server_to_check, would_fail
from tests.unit.comfy.server_jobs import soon

ALL = load_workflows(BUILT_IN)
FAMILIES = {each.family for each in ALL.values()}
WAN_22_5B = {
    "diffusion_models": "wan2.2_ti2v_5B_fp16.safetensors",
    "text_encoders": "umt5_xxl_fp8_e4m3fn_scaled.safetensors",
    "vae": "wan2.2_vae.safetensors",
}
LIGHT = {name: each for name, each in ALL.items() if each.family in ("wan21_i2v", "wan22_5b")}


def lacks(*files: str) -> list[MissingModel]:
    return [
        MissingModel(node="1", class_type="UNETLoader", field="unet_name", file=file, reason="absent")
        for file in files
    ]


async def test_a_server_with_wan_21_alone_is_well_and_each_other_model_is_one_line(picture: bytes) -> None:
    async with ComfyUI() as comfyui:
        findings = await soon(check_server(server_to_check(comfyui.url, ALL, picture)), limit=20)

    assert would_fail(findings) == []
    absent = findings_of(ABSENT_MODEL, findings)
    assert absent.keys() == FAMILIES - {"wan21_i2v"}
    assert absent["wan22_5b"].text == (
        "does not have the model wan22_5b (lacks wan2.2_ti2v_5B_fp16.safetensors,"
        " umt5_xxl_fp8_e4m3fn_scaled.safetensors, wan2.2_vae.safetensors)"
    )
    assert not any("wan2.2" in each or "ltx" in each for each in findings_of(MODEL, findings))


async def test_a_server_with_wan_22_5b_alone_is_well(picture: bytes) -> None:
    files = ModelFiles(**dict.fromkeys(("model", "t5", "vae", "clip_vision"), "none.safetensors"))
    async with ComfyUI(without=["WanVideoSampler", "CLIPVisionLoader"]) as comfyui:
        for folder, name in WAN_22_5B.items():
            comfyui.add_file(folder, name)
        findings = await soon(
            check_server(server_to_check(comfyui.url, LIGHT, picture, files=files)), limit=20
        )

    assert would_fail(findings) == []
    assert findings_of(ABSENT_MODEL, findings).keys() == {"wan21_i2v"}
    assert findings_of(WORKFLOW, findings)["wan22_5b"].ok
    assert findings_of(KEEPS_CLIPS, findings) == {}  # the workflow before it leaves nothing


async def test_where_nothing_can_run_the_model_that_is_nearest_is_told_in_full(picture: bytes) -> None:
    wanted = WAN_22_5B["vae"]
    files = ModelFiles(**dict.fromkeys(("model", "t5", "vae", "clip_vision"), "none.safetensors"))
    async with ComfyUI(without=["WanVideoSampler", "CLIPVisionLoader"]) as comfyui:
        for folder, name in WAN_22_5B.items():
            if name != wanted:
                comfyui.add_file(folder, name)
        findings = await soon(
            check_server(server_to_check(comfyui.url, LIGHT, picture, files=files)), limit=20
        )

    assert MODEL.id in would_fail(findings)
    assert findings_of(MODEL, findings).keys() >= {wanted}
    assert findings_of(MODEL, findings)[wanted].needed
    assert findings_of(ABSENT_MODEL, findings).keys() == {"wan21_i2v"}


def test_an_owners_own_workflow_is_told_in_full() -> None:
    own: dict[str, Workflow] = {**LIGHT, "mine": replace(ALL["wan22_5b"], family="mine", built_in=False)}
    missing = {name: lacks("a", "b") for name in own} | {"wan21_i2v": []}
    assert absent_models(own, missing).keys() == {"wan22_5b"}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (lacks("a", "b"), "a, b"),
        (lacks("a", "a", "b", "c", "d"), "a, b, c, …"),
        ([NodeMissing(class_type="SaveVideo"), *lacks("a")], "SaveVideo, a"),
    ],
)
def test_what_a_model_lacks_is_a_few_words(found: list[MissingModel], words: str) -> None:
    assert describe_lacks(found) == words
