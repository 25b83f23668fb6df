"""The owner is told what goes to another company, and for how much."""

import json

import pytest

from comfy.doctor.partner_checks import UNKNOWN, check_partners, describe_price
from comfy.protocol.object_info import NodeClass, parse_object_info
from tests.unit.comfy.workflows.published import parse_workflow
from tests.unit.comfy.workflows.test_catalogue import PARTNER_GRAPH, PARTNER_MANIFEST

NAME = "KlingImage2VideoNode"
BY_SECOND = '{"type":"usd","usd":0.05,"format":{"suffix":"/second"}}'
BY_SETTING = """($rate := widgets.max_resolution = "1080p" ? 0.429 : 0.143;
{"type":"usd","usd": $rate, "format":{"suffix":"/30 frames"}})"""


@pytest.mark.parametrize(
    ("formula", "price"),
    [
        (BY_SECOND, "0.05 US dollars/second"),
        (BY_SETTING, "between 0.143 and 0.429 US dollars/30 frames, by its settings"),
        ("", UNKNOWN),
        ('{"type":"text","text":"varies"}', UNKNOWN),
    ],
)
def test_a_price_is_what_the_formula_holds(formula: str, price: str) -> None:
    classes = {NAME: NodeClass(inputs={}, deprecated=False, partner=True, price=formula)}
    assert describe_price(classes, NAME) == price


def test_a_workflow_with_partner_nodes_is_named_with_its_price_and_is_no_fault() -> None:
    workflow = parse_workflow("kling", template=json.dumps(PARTNER_GRAPH), manifest=PARTNER_MANIFEST)
    answer = {NAME: {"input": {}, "api_node": True, "price_badge": {"expr": BY_SECOND}}}

    (finding,) = check_partners({"kling": workflow}, parse_object_info(answer, [NAME]))

    assert not finding.needed
    assert NAME in finding.text
    assert "0.05 US dollars/second" in finding.fix
