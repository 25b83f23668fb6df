"""The playground's ComfyUI, to be checked."""

from collections.abc import Mapping

import pytest

from comfy import ServerToCheck, Workflow
from playground.comfyui import ComfyUI
from tests.unit.comfy.doctor.checked_servers import server_to_check


@pytest.fixture
def subject(comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes) -> ServerToCheck:
    return server_to_check(comfyui.url, workflows, picture)
