"""Find the inputs that the titles of nodes name, such as `@prompt`, `@image`, `@seed`. Pure."""

from collections.abc import Iterable, Mapping

from comfy.authoring.places import is_number, is_text, scalar_inputs
from comfy.errors import BadAnswer
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes

TEXTS = ("prompt", "negative_prompt", "prefix")
PICTURES = ("image", "last_image")
# Further names under which nodes take a value.
NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("text", "positive_prompt", "string"),
    "negative_prompt": ("text", "prompt", "string"),
    "last_image": ("image",),
    "seed": ("noise_seed",),
    "cfg": ("cfg_scale", "guidance"),
    "denoise": ("denoise_strength",),
    "frames": ("length", "num_frames", "video_frames"),
    "fps": ("frame_rate",),
    "seconds": ("total_second_length", "duration"),
    "split": ("end_at_step", "start_at_step", "end_step", "start_step", "step"),
}


def find_titled_inputs(
    nodes: Nodes, titles: Mapping[str, str], known: Iterable[str]
) -> Mapping[str, NodeInputs]:
    """The inputs by the name that the title of their node begins with. Raises BadAnswer.

    `known`: the names there are.
    """
    found = dict[str, NodeInputs]()
    for name, title in titles.items():
        if name in nodes and title.strip().startswith("@"):
            role = title.strip()[1:].split(maxsplit=1)[0].lower() if title.strip()[1:].split() else ""
            if role not in known:
                raise BadAnswer(
                    reason=f'node {name}: its title "{title.strip()[:40]}" names no input; there are '
                    + ", ".join(f"@{each}" for each in sorted(known))
                )
            found[role] = (*found.get(role, ()), _input_of(nodes, name, role))
    return found


def _input_of(nodes: Nodes, name: str, role: str) -> NodeInput:
    node = nodes[name]
    for key in (role, *NAMES.get(role, ()), "value"):
        if key in node.inputs:
            return NodeInput(node=name, input=key)
    is_kind = is_text if role in TEXTS or role in PICTURES else is_number
    scalars = [key for key, value in scalar_inputs(node).items() if is_kind(value)]
    if len(scalars) == 1:
        return NodeInput(node=name, input=scalars[0])
    raise BadAnswer(
        reason=f"node {name} ({node.class_type}): no input fits its title @{role}; name it in the manifest, "
        f'such as {role} = ["{name}.INPUT"]'
    )
