"""The pack of a missing node is named, and how a server gets it."""

import pytest

from comfy.doctor.node_packs import CORE, pack_of


@pytest.mark.parametrize(
    ("class_type", "pack", "repository"),
    [
        ("WanVideoSampler", "ComfyUI-WanVideoWrapper", "kijai/ComfyUI-WanVideoWrapper"),
        ("VHS_VideoCombine", "ComfyUI-VideoHelperSuite", "Kosinkadink/ComfyUI-VideoHelperSuite"),
        ("UnetLoaderGGUF", "ComfyUI-GGUF", "city96/ComfyUI-GGUF"),
        ("RIFE VFI", "ComfyUI-Frame-Interpolation", "Fannovel16/ComfyUI-Frame-Interpolation"),
        ("ImageResizeKJv2", "ComfyUI-KJNodes", "kijai/ComfyUI-KJNodes"),
        ("Power Lora Loader (rgthree)", "rgthree-comfy", "rgthree/rgthree-comfy"),
        ("UNETLoaderMultiGPU", "ComfyUI-MultiGPU", "pollockjj/ComfyUI-MultiGPU"),
        ("WanVideoOfTomorrow", "ComfyUI-WanVideoWrapper", "kijai/ComfyUI-WanVideoWrapper"),
        ("Anything Else (rgthree)", "rgthree-comfy", "rgthree/rgthree-comfy"),
    ],
)
def test_a_class_of_a_known_pack_is_installed_with_it(class_type: str, pack: str, repository: str):
    found = pack_of(class_type)

    assert found.name == pack
    assert found.fix == (
        f"Install or update {pack}, with ComfyUI's manager or from github.com/{repository},"
        " and restart ComfyUI."
    )


@pytest.mark.parametrize("class_type", ["LoadImage", "SaveVideo", "KlingImage2VideoNode", "WanImageToVideo"])
def test_a_class_of_comfyui_itself_comes_with_its_update(class_type: str):
    assert (pack_of(class_type).name, pack_of(class_type).fix) == (CORE, "Update ComfyUI and restart it.")


def test_a_class_of_no_known_pack_blames_no_pack_and_no_age():
    found = pack_of("SomebodysOwnNode")

    assert found.name == ""
    assert "manager" in found.fix
    assert "Update ComfyUI" not in found.fix


def test_a_node_of_the_page_alone_is_left_out_by_its_export():
    assert "Export the workflow as API" in pack_of("MarkdownNote").fix


def test_a_pack_that_a_workflows_file_names_counts_where_no_other_is_known():
    told = {"SomebodysOwnNode": "somebodys-pack", "NewCoreNode": "comfy-core", "WanVideoSampler": "other"}
    found = pack_of("SomebodysOwnNode", told)
    assert (found.name, found.fix) == (
        "somebodys-pack",
        "Install or update somebodys-pack with ComfyUI's manager and restart ComfyUI.",
    )
    assert pack_of("NewCoreNode", told).name == CORE
    assert pack_of("WanVideoSampler", told).name == "ComfyUI-WanVideoWrapper"
