"""The built-in workflows of Wan 2.1, a picture to upload, a ComfyUI and a client of it."""

import io
from collections.abc import AsyncIterator, Mapping

import pytest
from PIL import Image

from comfy import BUILT_IN, Server, Workflow, load_workflows
from playground.comfyui import ComfyUI
from tests.unit.comfy.server_jobs import opened, soon


@pytest.fixture(scope="session")
def workflows() -> Mapping[str, Workflow]:
    return {name: each for name, each in load_workflows(BUILT_IN).items() if each.family == "wan21_i2v"}


@pytest.fixture
def wan(workflows: Mapping[str, Workflow]) -> Workflow:
    return workflows["wan21_i2v"]


@pytest.fixture(scope="session")
def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (256, 256), (200, 120, 40)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
async def comfyui() -> AsyncIterator[ComfyUI]:
    async with ComfyUI(speed=100) as playground:
        yield playground


@pytest.fixture
async def server(comfyui: ComfyUI, workflows: Mapping[str, Workflow]) -> AsyncIterator[Server]:
    async with opened(comfyui.url, workflows) as server:
        await soon(server.ready())
        yield server
