"""Each kind of broken workflow is refused before it is offered: where the fault is, and what mends it."""

import json

import pytest

from comfy import WorkflowInvalid
from tests.unit.comfy.workflows.published import manifest, parse_workflow, published, template

SVD = "ex_workflow_image_to_video"
FIRST_LAST = "video_wan2_2_14B_flf2v"
HUNYUAN = "hunyuan15"
LTX = "video_ltx2_3_i2v"


def fault(name: str, text: str) -> str:
    """What is wrong with the published graph of that name and this manifest."""
    with pytest.raises(WorkflowInvalid) as caught:
        parse_workflow(name, template=template(name), manifest=text)
    return str(caught.value)


def without(name: str, line: str) -> str:
    """The manifest without the lines that begin so."""
    lines = manifest(name).splitlines()
    assert any(each.startswith(line) for each in lines)
    return "\n".join(each for each in lines if not each.startswith(line))


BROKEN = {
    "a LoadImage that nobody fills": (
        fault(FIRST_LAST, without(FIRST_LAST, "last_image")),
        "node 89 (LoadImage) loads a picture that nobody gives: name 89.image under inputs.image or "
        "inputs.last_image, or take the node out of the graph",
    ),
    "no place of the picture": (
        fault(SVD, without(SVD, "image")),
        'inputs: image is missing; name the place of the picture, such as image = ["12.image"]',
    ),
    "no place of the prompt": (
        fault(HUNYUAN, without(HUNYUAN, "prompt")),
        "inputs: prompt is missing, and the graph has a text at 44.text; name it there, or write prompt = [] "
        "where no words are to count",
    ),
    "an output that saves nothing": (
        fault(HUNYUAN, manifest(HUNYUAN).replace('output = "102"', 'output = "8"')),
        "output: node 8 (VAEDecode) saves no clip; name the node that does, such as a VHS_VideoCombine or "
        "SaveVideo",
    ),
    "an output that is not there": (
        fault(HUNYUAN, manifest(HUNYUAN).replace('output = "102"', 'output = "103"')),
        "output: 103 is not known",
    ),
    "reversed ranges": (
        fault(HUNYUAN, manifest(HUNYUAN) + "[ranges]\nsteps = { least = 40, most = 10 }"),
        "ranges.steps: least 40 is more than most 10, or the step less than 0",
    ),
    "a preset outside its range": (
        fault(
            HUNYUAN, "ranges.steps = { least = 1, most = 40 }\npresets.fast.steps = 60\n" + manifest(HUNYUAN)
        ),
        "presets.fast.steps: 60 is not within ranges.steps, 1 … 40",
    ),
    "a preset without what the program needs": (
        fault(LTX, manifest(LTX).replace("[inputs]", '[inputs]\nsteps = ["320:281.sigmas"]')),
        "presets.default: it has no steps, and the graph holds no number at 320:281.sigmas",
    ),
    "an input that is not there": (
        fault(HUNYUAN, manifest(HUNYUAN).replace("44.text", "44.words")),
        "inputs.prompt: the template has no input 44.words",
    ),
    "a node that is not there": (
        fault(HUNYUAN, manifest(HUNYUAN).replace("80.image", "800.image")),
        "inputs: the template has no node 800",
    ),
    "half of a size": (
        fault(HUNYUAN, without(HUNYUAN, "height")),
        "inputs: width alone fills no size; name width and height, or neither",
    ),
    "a formula that is none": (
        fault(FIRST_LAST, manifest(FIRST_LAST) + '[derived]\nsplit = "steps +"'),
        "derived.split: steps +: it is no formula",
    ),
    "a formula of what the workflow has not": (
        fault(FIRST_LAST, manifest(FIRST_LAST) + '[derived]\nsplit = "sigma / 2"'),
        "derived.split: sigma is no number of this workflow; name its place under inputs",
    ),
    "a formula that fills nothing": (
        fault(HUNYUAN, manifest(HUNYUAN) + '[derived]\nhalf = "steps / 2"'),
        "derived.half: inputs.half is missing; name the inputs that it fills",
    ),
}


@pytest.mark.parametrize(("said", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_workflow_is_refused_with_file_key_and_fix(said: str, expected: str) -> None:
    assert said.endswith(expected)
    assert ".toml: " in said


def test_a_graph_without_a_picture_is_refused() -> None:
    name = "txt_to_image_to_video"
    nodes = json.loads(template(name))
    saver = next(key for key, node in nodes.items() if node["class_type"].startswith("Save"))
    prompt = next(key for key, node in nodes.items() if node["class_type"] == "CLIPTextEncode")

    said = fault(name, f'output = "{saver}"\ninputs.prompt = ["{prompt}.text"]')

    assert "inputs: image is missing" in said


def test_a_sound_that_nobody_gives_is_refused_until_the_manifest_names_a_file() -> None:
    nodes = json.loads(template(HUNYUAN))
    nodes["900"] = {"class_type": "LoadAudio", "inputs": {"audio": "sample.mp3"}}
    nodes["101"]["inputs"]["audio"] = ["900", 0]
    sounding, named = json.dumps(nodes), 'presets.fast.set = { "900.audio" = "ours.mp3" }\n'

    with pytest.raises(WorkflowInvalid, match=r"node 900 \(LoadAudio\) loads a sound that nobody gives"):
        parse_workflow(HUNYUAN, template=sounding, manifest=manifest(HUNYUAN))

    assert parse_workflow(HUNYUAN, template=sounding, manifest=named + manifest(HUNYUAN)).rules.sound


def test_a_workflow_without_any_place_for_words_is_fine() -> None:
    assert "prompt" not in published(SVD).inputs


def test_words_may_be_left_out_on_purpose() -> None:
    text = without(HUNYUAN, "prompt").replace("[inputs]", "[inputs]\nprompt = []")
    workflow = parse_workflow("mine", template=template(HUNYUAN), manifest=text)
    assert "prompt" not in workflow.inputs


def test_a_picture_in_a_side_branch_is_nobodys_business() -> None:
    nodes = json.loads(template(HUNYUAN))
    nodes["900"] = {"class_type": "LoadImage", "inputs": {"image": "mine.png"}}
    nodes["901"] = {"class_type": "PreviewImage", "inputs": {"images": ["900", 0]}}

    parse_workflow("mine", template=json.dumps(nodes), manifest=manifest(HUNYUAN))
