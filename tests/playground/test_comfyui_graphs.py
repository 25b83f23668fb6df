"""The playground's ComfyUI runs the graphs that people published, with the numbers that a real one gives."""

from copy import deepcopy
from typing import Any

import pytest

from playground.comfyui import ComfyUI
from tests.playground.comfyui_client import open_client, picture
from tests.playground.graph_runs import clips_of, graph_of, run, serving
from tests.playground.published_graphs import CASES, Case
from tests.playground.video_files import read_video
from tests.sampling import one_in


@pytest.mark.parametrize("case", one_in(3, CASES, names=[case.name for case in CASES]))
async def test_a_published_graph_runs_as_on_a_real_server(case: Case) -> None:
    graph = graph_of(case.name)
    async with serving(graph) as (comfyui, client):
        clips, bars = await run(client, graph)
        assert len(comfyui.gpu_runs) == 1
    assert {node: clip.codecs for node, clip in clips.items()} == case.codecs
    for clip in clips.values():
        assert (clip.size, clip.frames) == (case.size, case.frames)
        assert clip.fps == pytest.approx(case.fps, rel=0.03)
        assert clip.seconds == (None if case.seconds is None else pytest.approx(case.seconds, abs=0.05))
    assert {node: bars.get(node) for node in case.bars} == case.bars


# What the classes make of sizes and lengths that they cannot make, and what else the graphs do


@pytest.mark.parametrize(
    ("name", "changes", "size", "frames"),
    one_in(
        3,
        [
            ("video_wan2_2_14B_flf2v", {"81.width": 72, "81.height": 104, "81.length": 80}, (72, 104), 77),
            ("video_wan2_2_5B_ti2v", {"55.width": 80, "55.height": 72, "55.length": 8}, (80, 64), 5),
            ("hunyuan15", {"78.width": 88, "78.height": 64, "78.length": 12}, (80, 64), 9),
            ("ltxv_image_to_video", {"77.width": 120, "77.height": 64, "77.length": 24}, (96, 64), 17),
            ("video_fastvideo_fasth3_i2v", {"105:104.length": 23}, (128, 96), 39),
            ("cogvideox_1_5_5b_I2V_01", {"63.num_frames": 16}, (96, 64), 16),
            ("cogvideox_1_5_5b_I2V_01", {"63.num_frames": 20}, (96, 64), 17),
            ("ex_workflow_image_to_video", {"12.video_frames": 25}, (64, 64), 25),
            ("video_wan_vace_14B_ref2v", {"109.length": 7}, (64, 64), 5),
        ],
    ),
)
async def test_a_class_makes_the_size_and_length_that_it_can(
    name: str, changes: dict[str, object], size: tuple[int, int], frames: int
) -> None:
    graph = graph_of(name, **changes)
    async with serving(graph) as (_, client):
        clips, _ = await run(client, graph)
    [clip] = clips.values()
    assert (clip.size, clip.frames) == (size, frames)


async def test_a_video_goes_from_the_first_picture_to_the_last() -> None:
    graph = graph_of("video_wan2_2_14B_flf2v", **{"81.length": 9})
    async with serving(graph) as (_, client):
        await client.upload(graph["80"]["inputs"]["image"], picture(colour="red"), overwrite="true")
        await client.upload(graph["89"]["inputs"]["image"], picture(colour="blue"), overwrite="true")
        clips, _ = await run(client, graph)
    first, last = (frame.resize((1, 1)).getpixel((0, 0)) for frame in (clips["83"].first, clips["83"].last))
    assert first[0] > 150 > first[2]
    assert last[2] > 150 > last[0]


async def test_a_picture_that_nobody_uploaded_is_refused() -> None:
    graph = graph_of("video_wan2_2_14B_flf2v")
    async with ComfyUI(graphs=[graph]) as comfyui, open_client(comfyui) as client:
        await client.upload(graph["80"]["inputs"]["image"])
        status, body = await client.post("/prompt", {"prompt": graph})
    assert status == 400
    [error] = body["node_errors"]["89"]["errors"]
    assert error["type"] == "custom_validation_failed"
    assert error["details"] == f"image - Invalid image file: {graph['89']['inputs']['image']}"


@pytest.mark.parametrize(("turbo", "steps", "loras"), [(False, 10, False), (True, 2, True)])
async def test_a_switch_runs_the_branch_that_it_takes_and_no_other(
    turbo: bool, steps: int, loras: bool
) -> None:
    graph = graph_of("video_wan2_2_14B_i2v", **{"129:131.value": turbo, "129:161.value": 0.5})
    async with serving(graph) as (comfyui, client):
        clips, bars = await run(client, graph)
        executed = set(comfyui.runs[-1].executed)
    assert ("129:101" in executed, "129:102" in executed) == (loras, loras)
    assert (bars["129:86"], bars["129:85"]) == ([steps], [steps])
    assert clips["108"].frames == 9


async def test_a_switch_that_is_taken_otherwise_runs_only_what_is_new() -> None:
    graph = graph_of("video_wan2_2_14B_i2v", **{"129:161.value": 0.5})
    async with serving(graph) as (comfyui, client):
        await run(client, graph)
        changed = deepcopy(graph)
        changed["129:131"]["inputs"]["value"] = True
        await run(client, changed)
        again = comfyui.runs[-1].executed
        await run(client, changed)
        assert comfyui.runs[-1].executed == ()
    assert {"129:101", "129:102", "129:118", "129:124", "129:116", "129:86"} <= set(again)
    assert not {"129:95", "129:96", "129:98", "97"} & set(again)


@pytest.mark.parametrize(
    ("form", "suffix", "codecs"),
    [("video/h264-mp4", ".mp4", ("h264", "aac")), ("video/webm", ".webm", ("vp9", "opus"))],
)
async def test_videohelpersuite_lists_the_clip_with_sound(
    form: str, suffix: str, codecs: tuple[str, ...]
) -> None:
    graph = graph_of("oelala_wan22_enhanced_q4km_api", **{"12.format": form})
    graph["20"] = {
        "class_type": "EmptyAudio",
        "inputs": {"duration": 60, "sample_rate": 44100, "channels": 2},
    }
    graph["12"]["inputs"]["audio"] = ["20", 0]
    async with serving(graph) as (_, client):
        messages = await client.run(graph)
        [entry] = next(m for m in messages if m["type"] == "executed")["data"]["output"]["gifs"]
        clip = read_video(await client.download(entry))
        silent = read_video(await client.download({**entry, "filename": f"oelala_wan22enh_00001{suffix}"}))
    assert entry["filename"] == f"oelala_wan22enh_00001-audio{suffix}"
    assert (clip.codecs, clip.frames, clip.seconds) == (codecs, 41, pytest.approx(41 / 16, abs=0.05))
    assert (silent.codecs, silent.frames) == (codecs[:1], 41)


def framepack_graph() -> dict[str, Any]:
    """The smallest graph of FramePackWrapper, with a first and a last picture."""
    nodes: dict[str, tuple[str, dict[str, object]]] = {
        "1": ("LoadFramePackModel", {"model": "pack.safetensors"}),
        "2": ("VAELoader", {"vae_name": "vae.safetensors"}),
        "3": ("CLIPLoader", {"clip_name": "clip.safetensors", "type": "hunyuan_video"}),
        "4": ("CLIPTextEncode", {"text": "a cat", "clip": ["3", 0]}),
        "5": ("LoadImage", {"image": "first.png"}),
        "6": ("LoadImage", {"image": "last.png"}),
        "7": ("VAEEncode", {"pixels": ["5", 0], "vae": ["2", 0]}),
        "8": ("VAEEncode", {"pixels": ["6", 0], "vae": ["2", 0]}),
        "9": (
            "FramePackSampler",
            {
                "model": ["1", 0],
                "positive": ["4", 0],
                "negative": ["4", 0],
                "start_latent": ["7", 0],
                "end_latent": ["8", 0],
                "steps": 3,
                "latent_window_size": 9,
                "total_second_length": 2.0,
            },
        ),
        "10": ("VAEDecodeTiled", {"samples": ["9", 0], "vae": ["2", 0], "tile_size": 256}),
        "11": ("CreateVideo", {"images": ["10", 0], "fps": 30}),
        "12": ("SaveVideo", {"video": ["11", 0], "filename_prefix": "pack"}),
    }
    return {node: {"class_type": kind, "inputs": inputs} for node, (kind, inputs) in nodes.items()}


async def test_framepack_samples_each_section_with_a_bar_of_its_own() -> None:
    graph = framepack_graph()
    async with serving(graph) as (_, client):
        messages = await client.run(graph)
        clips = await clips_of(client, messages)
    values = [m["data"]["value"] for m in messages if m["type"] == "progress" and m["data"]["node"] == "9"]
    assert values == [1, 1, 2, 2, 3, 3] * 2
    assert (clips["12"].frames, clips["12"].size) == (2 * 36 + 1, (64, 48))


async def test_a_split_schedule_gives_each_sampler_its_part() -> None:
    graph = graph_of("hunyuan15", **{"78.length": 5})
    graph["200"] = {"class_type": "SplitSigmas", "inputs": {"sigmas": ["126", 0], "step": 5}}
    second = deepcopy(graph["125"])
    second["inputs"].update({"sigmas": ["200", 1], "latent_image": ["125", 0]})
    graph["201"] = second
    graph["125"]["inputs"]["sigmas"] = ["200", 0]
    graph["8"]["inputs"]["samples"] = ["201", 0]
    async with serving(graph) as (_, client):
        _, bars = await run(client, graph)
    assert (bars["125"], bars["201"]) == ([5], [15])


async def test_files_and_classes_that_a_graph_names_are_there_when_asked_for() -> None:
    graph = graph_of("new_Wan22_api")
    async with ComfyUI(sageattention=True) as comfyui, open_client(comfyui) as client:
        await client.upload(graph["244"]["inputs"]["image"])
        status, body = await client.post("/prompt", {"prompt": graph})
        assert (status, body["error"]["type"]) == (400, "missing_node_type")
        comfyui.pause()
        comfyui.install_for(graph)
        assert (await client.post("/prompt", {"prompt": graph}))[0] == 200
        _, classes = await client.get("/object_info")
    offered = classes["WanVideoLoraSelectMulti"]["input"]["required"]["lora_0"][0]
    assert graph["279"]["inputs"]["lora_0"] in offered
    assert classes["WanVideoEnhancedBlockSwap"]["output"] == ["BLOCKSWAPARGS"]
