"""Name workflows that send pictures to another company, and what that costs."""

import re
from collections.abc import Iterator, Mapping

from comfy.doctor.findings import PARTNER, Finding
from comfy.protocol.object_info import NodeClasses
from comfy.workflows.partner_nodes import partner_nodes
from comfy.workflows.workflow import Workflow

AMOUNT = re.compile(r"\d+\.\d+")
SUFFIX = re.compile(r'"suffix"\s*:\s*"([^"]{1,20})"')
UNKNOWN = "ComfyUI's page shows the price on the node"


def check_partners(workflows: Mapping[str, Workflow], node_classes: NodeClasses) -> Iterator[Finding]:
    """A finding for each workflow with partner nodes: no fault, but the owner is to know."""
    for name, workflow in workflows.items():
        if classes := partner_nodes(workflow, node_classes):
            price = "; ".join(describe_price(node_classes, each) for each in classes)
            yield PARTNER.result(name, ok=False, classes=", ".join(classes), price=price)


def describe_price(node_classes: NodeClasses, class_type: str) -> str:
    """The amounts in US dollars that the price formula of a class holds."""
    formula = node_classes[class_type].price if class_type in node_classes else ""
    amounts = sorted({float(each) for each in AMOUNT.findall(formula)})
    if not amounts:
        return UNKNOWN
    suffix = next(iter(SUFFIX.findall(formula)), "")
    if len(amounts) == 1:
        return f"{amounts[0]:g} US dollars{suffix}"
    return f"between {amounts[0]:g} and {amounts[-1]:g} US dollars{suffix}, by its settings"
