"""A missing model file is told with its folder, its setting and what is like it."""

from dataclasses import replace

import pytest

from comfy import MissingModel, Workflow
from comfy.authoring.source_graph import ModelFile
from comfy.doctor.findings import MISPLACED_MODEL
from comfy.doctor.model_checks import check_missing_model, folder_of
from comfy.protocol.object_info import NodeClass, NodeClasses, parse_object_info
from tests.unit.comfy import recorded_responses as recorded

VAE = "Wan2_1_VAE_bf16.safetensors"


def loaders(**offered: tuple[str, ...]) -> NodeClasses:
    """Loaders whose only input, `file`, offers these files; without tooltips."""
    answer = {name: {"input": {"required": {"lora_name": [list(files)]}}} for name, files in offered.items()}
    return parse_object_info(answer, answer.keys())


def missing(file: str = VAE, *, offered: tuple[str, ...] = (), node: str = "43") -> MissingModel:
    return MissingModel(
        node=node, class_type="WanVideoVAELoader", field="model_name", file=file, offered=offered
    )


def test_a_file_that_differs_in_letters_case_is_named_as_near(wan: Workflow):
    offered = ("wan2.1/WAN2_1_vae_BF16.safetensors", "umt5-xxl.pth")

    finding = check_missing_model(missing(offered=offered), wan, {})

    assert finding.fix == (
        "Put the file into ComfyUI/models/vae, or name another one in the settings (VAE_FILE)."
        " There is: WAN2_1_vae_BF16.safetensors."
    )


def test_a_file_that_lies_in_another_loaders_folder_is_found_there(wan: Workflow):
    found = check_missing_model(missing(), wan, loaders(LoraLoader=(f"wan/{VAE.upper()}",)))

    assert found.check == MISPLACED_MODEL
    assert found.fix.endswith("A file of that name lies in ComfyUI/models/loras.")


def test_a_file_that_only_the_workflow_names_is_no_setting(wan: Workflow):
    finding = check_missing_model(missing(node="1"), wan, {})

    assert finding.fix == "Put the file into ComfyUI/models/vae, or name another one in the workflow's file."


def test_the_link_of_a_workflows_own_file_is_told_and_its_folder_where_no_loader_tells(wan: Workflow):
    url = "https://huggingface.co/x/vae.safetensors"
    other = ModelFile(name=VAE, folder="vae_approx", url="https://other")
    models = (other, ModelFile(name=VAE, folder="vae", url=url))
    known = check_missing_model(missing(node="1"), replace(wan, models=models), {})
    assert known.fix.startswith(f"Put the file into ComfyUI/models/vae, from {url}, or name")

    unknown = MissingModel(node="1", class_type="NewLoader", field="file", file=VAE)
    found = check_missing_model(unknown, replace(wan, models=models[1:]), {})
    assert found.fix.startswith(f"Put the file into ComfyUI/models/vae, from {url}, or name")


@pytest.mark.parametrize(
    ("class_type", "field", "folder"),
    [
        ("UNETLoader", "unet_name", "diffusion_models"),
        ("UnetLoaderGGUF", "unet_name", "diffusion_models"),
        ("DualCLIPLoaderGGUF", "clip_name2", "text_encoders"),
        ("CLIPVisionLoader", "clip_name", "clip_vision"),
        ("CLIPVisionLoaderMultiGPU", "clip_name", "clip_vision"),
        ("VAELoaderDisTorch2MultiGPU", "vae_name", "vae"),
        ("CheckpointLoaderSimple", "ckpt_name", "checkpoints"),
        ("LoraLoaderModelOnly", "lora_name", "loras"),
        ("UpscaleModelLoader", "model_name", "upscale_models"),
        ("RIFE VFI", "ckpt_name", ""),
        ("SomebodysLoader", "thing", ""),
    ],
)
def test_the_folder_follows_from_class_and_input(class_type: str, field: str, folder: str):
    assert folder_of(class_type, field, {}) == folder


@pytest.mark.parametrize(
    ("tooltip", "folder"),
    [
        ("These models are loaded from 'ComfyUI/models/text_encoders'", "text_encoders"),
        ("These models are loaded from the 'ComfyUI\\models\\diffusion_models' -folder", "diffusion_models"),
        ("Models must be placed in the 'frame_interpolation' folder.", "frame_interpolation"),
        ("The name of the model.", "clip_vision"),
    ],
)
def test_the_loaders_own_tooltip_counts_more_than_its_class(tooltip: str, folder: str):
    answer = {
        "LoadWanVideoClipTextEncoder": {
            "input": {"required": {"model_name": [["a.pt"], {"tooltip": tooltip}]}}
        }
    }
    classes = parse_object_info(answer, answer.keys())

    assert folder_of("LoadWanVideoClipTextEncoder", "model_name", classes) == folder


def test_a_loader_whose_folder_nobody_knows_is_named_instead(wan: Workflow):
    lost = MissingModel(node="1", class_type="RIFE VFI", field="ckpt_name", file="rife47.pth")

    assert "Put the file where RIFE VFI looks for it" in check_missing_model(lost, wan, {}).fix


def test_the_recorded_loaders_tell_their_folders():
    names = ("WanVideoVAELoader", "LoadWanVideoT5TextEncoder", "LoadWanVideoClipTextEncoder")
    classes: dict[str, NodeClass] = dict(parse_object_info(recorded.load("object_info"), names))

    assert [folder_of(name, "model_name", classes) for name in names] == [
        "vae",
        "text_encoders",
        "clip_vision",
    ]
