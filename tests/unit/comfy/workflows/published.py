"""The published graphs of tests/data/workflows, each with a short manifest."""

import json
import tomllib
from pathlib import Path

from comfy import Workflow
from comfy.authoring.api_format import parse_api
from comfy.graphs.nodes import Nodes
from comfy.workflows.manifest import build_workflow

FOLDER = Path(__file__).parents[3] / "data" / "workflows"
NAMES = sorted(file.stem for file in (FOLDER / "manifests").glob("*.toml"))


def parse_workflow(name: str, *, template: str, manifest: str) -> Workflow:
    """The workflow of the texts of its two files. Raises WorkflowInvalid."""
    return build_workflow(name, template=template, manifest=tomllib.loads(manifest))


def nodes_of(name: str) -> Nodes:
    """The nodes of the graph."""
    return parse_api(json.loads(template(name))).nodes


def template(name: str) -> str:
    """The graph in API format."""
    return (FOLDER / "api" / f"{name}.json").read_text("utf-8")


def manifest(name: str) -> str:
    """Its manifest."""
    return (FOLDER / "manifests" / f"{name}.toml").read_text("utf-8")


def published(name: str, more: str = "", *, before: str = "") -> Workflow:
    """The workflow, with more lines of manifest at its end, or `before` its tables."""
    text = f"{before}\n{manifest(name)}\n{more}"
    return parse_workflow(name, template=template(name), manifest=text)
