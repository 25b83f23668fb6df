"""The playground's ComfyUI runs the graphs that people published, with the numbers that a real one gives."""

import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from playground.comfyui import ComfyUI
from tests.playground.comfyui_client import ComfyUIClient, Json, open_client, picture
from tests.playground.video_files import VideoFile, read_video

GRAPHS = Path(__file__).parents[1] / "data" / "workflows" / "api"
WEIGHTS = 983


@dataclass(frozen=True, kw_only=True)
class Case:
    """A published graph made small by `changes` (`node.input`), and what each of its outputs is then."""

    name: str
    changes: Mapping[str, object]
    size: tuple[int, int]
    frames: int
    fps: float
    bars: Mapping[str, list[int]]
    codecs: Mapping[str, tuple[str, ...]]
    seconds: float | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)


def small(node: str, width: int, height: int) -> dict[str, object]:
    """The changes of one node's size."""
    return {f"{node}.width": width, f"{node}.height": height}


H264 = ("h264",)
CASES = [
    Case(
        name="cogvideox_1_5_5b_I2V_01",
        changes=small("37", 96, 64),
        size=(96, 64),
        frames=49,
        fps=16,
        bars={"63": [25]},
        codecs={"44": H264},
    ),
    Case(
        name="ex_image_to_video_cosmos_7B",
        changes={**small("83", 64, 64), "83.length": 41},
        size=(64, 64),
        frames=41,
        fps=1000 / 41,
        bars={"3": [20]},
        codecs={"69": ("webp",)},
    ),
    Case(
        name="ex_image_to_video_wan22_14B",
        changes={**small("50", 64, 64), "50.length": 33},
        size=(64, 64),
        frames=33,
        fps=16,
        bars={"57": [10], "58": [10]},
        codecs={"47": ("vp9",), "28": ("webp",)},
    ),
    Case(
        name="ex_image_to_video_wan22_5B",
        changes={**small("55", 64, 64), "55.length": 21},
        size=(64, 64),
        frames=21,
        fps=24,
        bars={"3": [30]},
        codecs={"28": ("webp",), "47": ("vp9",)},
    ),
    Case(
        name="ex_workflow_image_to_video",
        changes=small("12", 64, 64),
        size=(64, 64),
        frames=14,
        fps=10,
        bars={"3": [20]},
        codecs={"10": ("webp",)},
    ),
    Case(
        name="hunyuan15",
        changes={**small("78", 96, 64), "78.length": 61},
        size=(96, 64),
        frames=61,
        fps=24,
        bars={"125": [20]},
        codecs={"102": H264},
    ),
    Case(
        name="ltxv_image_to_video",
        changes={**small("77", 96, 64), "77.length": 33},
        size=(96, 64),
        frames=33,
        fps=24,
        bars={"72": [30]},
        codecs={"81": H264},
    ),
    Case(
        name="new_CogVideoX_api",
        changes={**small("6", 96, 64), "8.num_frames": 33},
        size=(96, 64),
        frames=33,
        fps=16,
        bars={"8": [15]},
        codecs={"10": H264},
    ),
    Case(
        name="new_Wan22_api",
        changes={"235.value": 64, "236.value": 96, "541.num_frames": 33},
        size=(64, 96),
        frames=33,
        fps=16,
        bars={"220": [WEIGHTS, 4], "540": [WEIGHTS, 4], "612": [9]},
        codecs={"131": H264},
    ),
    Case(
        name="oelala_wan22_enhanced_q4km_api",
        changes=small("9", 64, 64),
        size=(64, 64),
        frames=41,
        fps=16,
        bars={"10": [WEIGHTS, 4], "11": [1]},
        codecs={"12": H264},
    ),
    Case(
        name="txt_to_image_to_video",
        changes={**small("22", 64, 64), **small("12", 64, 64)},
        size=(64, 64),
        frames=25,
        fps=10,
        bars={"17": [15], "3": [20]},
        codecs={"24": H264},
    ),
    Case(
        name="video_fastvideo_fasth3_i2v",
        changes={"142.megapixels": 0.01, "105:111.value": 1.0},
        size=(128, 96),
        frames=39,
        fps=24,
        bars={"105:14": [8]},
        codecs={"92": ("h264", "aac")},
        seconds=39 / 24,
    ),
    Case(
        name="video_ltx2_3_i2v",
        changes={"320:312.value": 128, "320:299.value": 128, "320:301.value": 1},
        size=(128, 128),
        frames=25,
        fps=25,
        bars={"320:283": [8], "320:308": [3]},
        codecs={"75": ("h264", "aac")},
        seconds=1.0,
    ),
    Case(
        name="video_wan2_2_14B_flf2v",
        changes=small("81", 64, 64),
        size=(64, 64),
        frames=81,
        fps=16,
        bars={"84": [10], "87": [10]},
        codecs={"83": H264},
    ),
    Case(
        name="video_wan2_2_14B_i2v",
        changes=small("129:98", 64, 64),
        size=(64, 64),
        frames=81,
        fps=16,
        bars={"129:86": [10], "129:85": [10]},
        codecs={"108": H264},
    ),
    Case(
        name="video_wan2_2_5B_ti2v",
        changes={**small("55", 64, 64), "55.length": 49},
        size=(64, 64),
        frames=49,
        fps=24,
        bars={"3": [20]},
        codecs={"58": H264},
    ),
    Case(
        name="video_wan_vace_14B_ref2v",
        changes=small("109", 64, 64),
        size=(64, 64),
        frames=81,
        fps=16,
        bars={"108": [4]},
        codecs={"69": H264},
    ),
    Case(
        name="wanvideo2_2_I2V_A14B_example_WIP",
        # the published conversion has this node's values in another order
        changes={
            **small("68", 96, 96),
            "68.upscale_method": "lanczos",
            "68.crop_position": "center",
            "68.divisible_by": 32,
            "89.num_frames": 25,
        },
        size=(96, 96),
        frames=25,
        fps=16,
        bars={"27": [WEIGHTS, 3], "90": [WEIGHTS, 3], "28": [7]},
        codecs={"60": H264},
    ),
]
BY_NAME = {case.name: case for case in CASES}


def graph_of(name: str, **changes: object) -> dict[str, Any]:
    """A published graph, made small as its case says, with more changes."""
    graph = json.loads((GRAPHS / f"{name}.json").read_text("utf-8"))
    for place, value in {**BY_NAME[name].changes, **changes}.items():
        node, _, key = place.partition(".")
        graph[node]["inputs"][key] = value
    return graph


def gradient() -> bytes:
    """A PNG in which every crop looks different: WebP merges frames that look the same."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((64, 48)).save(buffer, "PNG")
    return buffer.getvalue()


@asynccontextmanager
async def serving(graph: Json) -> AsyncIterator[tuple[ComfyUI, ComfyUIClient]]:
    """A ComfyUI that has what the graph names, with every picture that it loads."""
    async with (
        ComfyUI(speed=1000, sageattention=True, graphs=[graph]) as comfyui,
        open_client(comfyui) as client,
    ):
        for node in graph.values():
            if node["class_type"] == "LoadImage":
                await client.upload(node["inputs"]["image"], gradient())
        yield comfyui, client


async def run(client: ComfyUIClient, graph: Json) -> tuple[dict[str, VideoFile], dict[str, list[int]]]:
    """The clips by output node, and by node the greatest value of each of its bars."""
    messages = await client.run(graph)
    errors = [message["data"] for message in messages if message["type"] == "execution_error"]
    assert errors == []
    return await clips_of(client, messages), bars_of(messages)


async def clips_of(client: ComfyUIClient, messages: list[Json]) -> dict[str, VideoFile]:
    outputs = {m["data"]["node"]: m["data"]["output"] for m in messages if m["type"] == "executed"}
    entries = {
        node: [*output.get("gifs", ()), *(output.get("images", ()) if "animated" in output else ())]
        for node, output in outputs.items()
    }
    return {node: read_video(await client.download(found[0])) for node, found in entries.items() if found}


def bars_of(messages: list[Json]) -> dict[str, list[int]]:
    """Each node's bars: the maximum of every bar whose values ran up to it, in order."""
    bars: dict[str, list[int]] = {}
    for data in (message["data"] for message in messages if message["type"] == "progress"):
        if data["value"] == data["max"]:
            bars.setdefault(data["node"], []).append(data["max"])
    return bars


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
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
