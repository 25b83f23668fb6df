"""The nodes that exist in ComfyUI's page only: what they pass on, and which are left out."""

from comfy.authoring.page.page_format import PageNode
from comfy.protocol.json_values import is_list, is_mapping

PRIMITIVE = "PrimitiveNode"
REROUTES = frozenset({"Reroute", "Reroute (rgthree)"})
SETTERS = frozenset({"SetNode", "easy setNode"})
GETTERS = frozenset({"GetNode", "easy getNode"})
BROADCASTERS = frozenset(
    {
        "Anything Everywhere",
        "Anything Everywhere?",
        "Anything Everywhere3",
        "Prompts Everywhere",
        "Seed Everywhere",
    }
)
_TEXTS = frozenset({"Note", "MarkdownNote", "Label (rgthree)", "Note Plus (mtb)", "Bookmark (rgthree)"})
_SWITCHES = frozenset(
    {
        "Fast Groups Bypasser (rgthree)",
        "Fast Groups Muter (rgthree)",
        "Fast Bypasser (rgthree)",
        "Fast Muter (rgthree)",
        "Fast Actions Button (rgthree)",
        "Mute / Bypass Repeater (rgthree)",
        "Mute / Bypass Relay (rgthree)",
        "Random Unmuter (rgthree)",
        "Node Collector (rgthree)",
    }
)
PAGE_ONLY = REROUTES | SETTERS | GETTERS | BROADCASTERS | _TEXTS | _SWITCHES | {PRIMITIVE}
GROUP_NODES = ("workflow>", "workflow/")  # how the class of an old group node begins


def variable(node: PageNode) -> str:
    """The name under which a setter keeps its input, or which a getter asks for."""
    value = first_value(node)
    return value if isinstance(value, str) else ""


def first_value(node: PageNode) -> object:
    """What the first widget holds, None where there is none."""
    if is_list(node.values):
        return node.values[0] if node.values else None
    return next(iter(node.values.values()), None) if is_mapping(node.values) else None
