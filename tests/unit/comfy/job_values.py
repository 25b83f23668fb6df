"""A job's values, as the tests want them."""

from collections.abc import Mapping

from comfy import Graph, Workflow, build_graph


def values(**changed: object) -> Mapping[str, object]:
    """Values that every built-in workflow takes, some changed."""
    usual: dict[str, object] = {
        "prompt": "she smiles",
        "negative_prompt": "blurry",
        "seed": 7,
        "steps": 4,
        "cfg": 6.0,
        "shift": 5.0,
        "denoise": 1.0,
        "width": 256,
        "height": 256,
        "frames": 17,
        "fps": 16,
        "prefix": "animate/job",
    }
    return usual | changed


def graph(workflow: Workflow, **changed: object) -> Graph:
    """A filled graph."""
    return build_graph(workflow, values(**changed), "animate/p1.png [temp]")
