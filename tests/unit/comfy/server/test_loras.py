"""LoRAs of a server's own list, in graphs that it runs; one that is gone is not offered any more."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from comfy import LORA_CHOICE, Done, GraphRejected, MissingModel, Server, Workflow, WorkflowInvalid
from comfy.graphs.lora_places import FLEXIBLE_LOADER
from playground.comfyui import ComfyUI
from tests.unit.comfy.server_jobs import opened, run, soon, until
from tests.unit.comfy.workflows.published import manifest, parse_workflow, template

WRAPPER, FLEXIBLE = "wanvideo2_2_I2V_A14B_example_WIP", "video_wan2_2_5B_ti2v"


def flexible_template() -> str:
    """ComfyUI's template of Wan 2.2 5B with rgthree's loader behind the model."""
    nodes = json.loads(template(FLEXIBLE))
    loader = {"model": ["37", 0], "clip": ["38", 0]}
    nodes["90"] = {"class_type": FLEXIBLE_LOADER, "inputs": loader}
    nodes["48"]["inputs"]["model"] = ["90", 0]
    return json.dumps(nodes)


def taking_loras(name: str, text: str) -> Workflow:
    own = manifest(name)
    return parse_workflow(name, template=text, manifest=f'loras = "wan22/*"\n{own}')


@asynccontextmanager
async def server_with(workflow: Workflow, text: str, *files: str) -> AsyncGenerator[tuple[ComfyUI, Server]]:
    async with ComfyUI(speed=500, sageattention=True, graphs=[json.loads(text)]) as comfyui:
        for file in files:
            comfyui.add_file("loras", file)
        workflows: Mapping[str, Workflow] = {workflow.name: workflow}
        async with opened(comfyui.url, workflows) as server:
            await soon(server.ready())
            yield comfyui, server


@pytest.mark.parametrize(
    ("name", "text", "added"),
    [
        (WRAPPER, template(WRAPPER), "WanVideoLoraSelect"),
        (FLEXIBLE, flexible_template(), FLEXIBLE_LOADER),
    ],
)
async def test_a_server_runs_a_graph_with_a_lora_of_its_list(
    picture: bytes, name: str, text: str, added: str
):
    workflow = taking_loras(name, text)
    async with server_with(workflow, text, "wan22/smoke.safetensors", "flux/x.safetensors") as (
        comfyui,
        server,
    ):
        assert server.choices(name)[LORA_CHOICE].options.keys() == {"smoke"}
        image = await server.upload(picture, name="x.png")
        values = {"frames": workflow.rules.ranges["frames"].least, "width": 128, "height": 128, "prompt": "x"}
        graph = server.build(name, values, image, loras={"smoke": 0.8})
        assert isinstance((await soon(run(server, graph, str(uuid4()))))[-1], Done)
    sent = [node for node in comfyui.runs[0].graph.values() if "wan22/smoke" in str(node["inputs"])]
    assert {node["class_type"] for node in sent} == {added}


async def test_a_lora_that_is_gone_is_refused_by_the_server_and_not_offered_any_more(picture: bytes):
    text, file = template(FLEXIBLE), "wan22/smoke.safetensors"
    async with server_with(taking_loras(FLEXIBLE, text), text, file) as (comfyui, server):
        image = await server.upload(picture, name="x.png")
        graph = server.build(FLEXIBLE, {}, image, loras={"smoke": 1.0})
        comfyui.remove(file)
        with pytest.raises((MissingModel, GraphRejected)) as refused:
            await soon(server.submit(str(uuid4()), graph))
        assert isinstance(refused.value, MissingModel)
        assert refused.value.file == "smoke.safetensors"
        await until(server, lambda: not server.choices(FLEXIBLE)[LORA_CHOICE].options)
        with pytest.raises(WorkflowInvalid, match="smoke is not offered"):
            server.build(FLEXIBLE, {}, image, loras={"smoke": 1.0})
