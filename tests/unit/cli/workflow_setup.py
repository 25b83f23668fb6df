"""A ComfyUI that can run a published graph, settings for it, and stand-ins for what reads and traces."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import comfy
from cli.main import parse_arguments
from cli.workflow import workflow
from cli.workflow_add import Authoring
from cogs.runtime.settings import DemoSettings, Settings
from comfy.authoring.api_format import parse_api
from comfy.protocol.json_values import as_mapping, parse_json
from playground.comfyui import ComfyUI

DATA = Path(__file__).parents[2] / "data" / "workflows"
GRAPH = DATA / "api" / "oelala_wan22_enhanced_q4km_api.json"
NOWHERE = "http://127.0.0.1:9"


def place(text: str) -> comfy.NodeInput:
    node, _, name = text.partition(".")
    return comfy.NodeInput(node=node, input=name)


def traced_as(name: str) -> comfy.Traced:
    """What the manifest of a published graph names, as tracing would find it."""
    manifest = tomllib.loads((DATA / "manifests" / f"{name}.toml").read_text("utf-8"))
    found = {
        value: comfy.Found(places=tuple(map(place, places)), how="as published", value=1)
        for value, places in manifest["inputs"].items()
    }
    rules = {
        key: manifest[key] for key in ("size", "fps", "ranges", "derived", "defaults") if key in manifest
    }
    return comfy.Traced(output=manifest["output"], found=found, rules=rules)


def read_api(text: str, _: comfy.NodeClasses) -> comfy.SourceGraph:
    return parse_api(as_mapping(parse_json(text)))


async def no_embedded(_: Path) -> NoReturn:
    raise AssertionError


def authoring(traced: comfy.Traced | None = None) -> Authoring:
    """Reads the API format and finds what the manifest of GRAPH names, or what is given."""
    result = traced or traced_as(GRAPH.stem)
    return Authoring(read=read_api, trace=lambda *_: result, read_embedded=no_embedded)


def able_comfyui(**options: object) -> ComfyUI:
    """A ComfyUI that has what GRAPH names."""
    graphs = [json.loads(GRAPH.read_text("utf-8"))]
    return ComfyUI(speed=200, graphs=graphs, sageattention=True, **options)


def settings_for(folder: Path, *urls: str, **more: object) -> Settings:
    """Settings whose folders are below `folder`, of the bot at these servers."""
    values: Mapping[str, object] = {
        "comfyui_url": urls,
        "data_dir": folder / "data",
        "workflows_dir": folder / "workflows",
        **more,
    }
    return DemoSettings.model_construct(**{**DemoSettings().model_dump(), **values})


def sampled(comfyui: ComfyUI) -> int:
    """How many of its runs made a clip: the doctor's other jobs sample nothing."""
    return sum(run.sampled for run in comfyui.runs)


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def run_really(settings: Settings, *arguments: str) -> int:
    """`bot.py workflow ARGUMENTS` as it is, nothing scripted; returns the exit code."""
    return await workflow(parse_arguments(["workflow", *arguments]), settings)


async def run(settings: Settings, *arguments: str, traced: comfy.Traced | None = None) -> int:
    """`bot.py workflow ARGUMENTS` with scripted reading and tracing; returns the exit code."""
    return await workflow(parse_arguments(["workflow", *arguments]), settings, authoring(traced))
