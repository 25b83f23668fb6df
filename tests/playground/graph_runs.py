"""Runs the published graphs on the playground's ComfyUI, and reads what they made."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from playground.comfyui import ComfyUI
from tests.playground.comfyui_client import ComfyUIClient, Json, open_client
from tests.playground.published_graphs import CASES
from tests.playground.video_files import VideoFile, read_video

GRAPHS = Path(__file__).parents[1] / "data" / "workflows" / "api"
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
