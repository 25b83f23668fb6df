"""The built-in workflows, and a picture to upload."""

import io
from collections.abc import Mapping

import pytest
from PIL import Image

from comfy import BUILT_IN, Workflow, load_workflows


@pytest.fixture(scope="session")
def workflows() -> Mapping[str, Workflow]:
    return load_workflows(BUILT_IN)


@pytest.fixture
def wan(workflows: Mapping[str, Workflow]) -> Workflow:
    return workflows["wan21_i2v"]


@pytest.fixture(scope="session")
def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (256, 256), (200, 120, 40)).save(file, "PNG")
    return file.getvalue()
