"""The operator's order of the models, and values of graphs that a setting gives."""

from pathlib import Path

import pytest

from comfy import BUILT_IN, OperatorSettings, Workflow, load_workflows, open_catalogue
from comfy.workflows.operator_settings import apply_settings
from tests.unit.comfy.workflows.published import parse_workflow

ALL = load_workflows(BUILT_IN)
TEMPLATE = """{
    "1": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
    "2": {"class_type": "EmptyLTXVLatentVideo",
          "inputs": {"width": 64, "height": 64, "length": 9, "batch_size": 1}},
    "3": {"class_type": "Scale", "inputs": {"image": ["1", 0], "by": 1.5, "tiled": true, "latent": ["2", 0]}},
    "4": {"class_type": "LoraLoaderModelOnly", "inputs": {"strength_model": 1, "lora_name": "a"}},
    "5": {"class_type": "VHS_VideoCombine",
          "inputs": {"images": ["3", 0], "model": ["4", 0], "frame_rate": 8}}
}"""
MANIFEST = """
inputs.image = ["1.image"]
[operator]
batch = ["2.batch_size"]
by = ["3.by"]
tiled = ["3.tiled"]
strength = ["4.strength_model"]
"""


def own() -> dict[str, Workflow]:
    return {"own": parse_workflow("own", template=TEMPLATE, manifest=MANIFEST)}


def held(value: str, place: tuple[str, str]) -> object:
    changed, mistakes = apply_settings(own(), OperatorSettings(values=dict([value.split("=")])), {})
    assert list(mistakes) == []
    return changed["own"].nodes[place[0]].inputs[place[1]]


def mistakes_of(**settings: object) -> list[str]:
    return list(apply_settings(ALL | own(), OperatorSettings(**settings), {})[1])  # type: ignore[arg-type]


def families(*order: str) -> list[str]:
    ordered, _ = apply_settings(ALL, OperatorSettings(order=order), {})
    return list(dict.fromkeys(each.family for each in ordered.values()))


def test_models_that_are_listed_come_first_and_the_others_follow() -> None:
    assert families()[0] == "wan21_i2v"
    assert families("ltx23", "wan22_5b") == ["ltx23", "wan22_5b", "wan21_i2v", "wan22_14b", "minimax_h3"]


def test_within_a_model_the_order_stays_unless_a_workflow_is_listed() -> None:
    ordered, _ = apply_settings(ALL, OperatorSettings(order=("wan22_14b",)), {})
    assert list(ordered)[:2] == ["wan22_14b", "wan22_14b_turbo"]
    ordered, _ = apply_settings(ALL, OperatorSettings(order=("wan22_14b_savevideo",)), {})
    assert next(iter(ordered)) == "wan22_14b_savevideo"
    assert ordered.keys() == ALL.keys()


def test_a_value_counts_in_every_workflow_of_the_model() -> None:
    changed, mistakes = apply_settings(ALL, OperatorSettings(values={"wan21_i2v.block_swap": "33"}), {})
    swapped = {name for name, each in changed.items() if each != ALL[name]}
    assert (swapped, list(mistakes)) == ({"wan21_i2v", "wan21_i2v_lightx2v", "wan21_i2v_seed"}, [])
    assert all(changed[name].nodes["46"].inputs["blocks_to_swap"] == 33 for name in swapped)


@pytest.mark.parametrize(
    ("value", "place", "wanted"),
    [
        ("own.batch=2", ("2", "batch_size"), 2),
        ("own.by=2", ("3", "by"), 2.0),
        ("own.tiled=off", ("3", "tiled"), False),
        ("own.strength=0.8", ("4", "strength_model"), 0.8),  # a number with a part, whatever JSON holds
    ],
)
def test_a_value_is_of_the_kind_that_the_graph_holds(
    value: str, place: tuple[str, str], wanted: object
) -> None:
    found = held(value, place)
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("wan21_i2.block_swap", "3", "there is no model wan21_i2; did you mean wan21_i2v"),
        ("wan21_i2v.blocks", "3", "it has block_swap to be set so"),
        ("wan21_i2v.block_swap", "many", "many is not a whole number"),
        ("wan21_i2v.block_swap", "49", "49 is not one of 0 … 48"),
        ("own.tiled", "perhaps", "perhaps is not true or false"),
        ("own.by", "inf", "inf is not a number"),
        ("own.batch", "2.5", "2.5 is not a whole number"),
    ],
)
def test_a_value_that_cannot_be_set_is_one_sentence(name: str, value: str, sentence: str) -> None:
    (mistake,) = mistakes_of(values={name: value})
    assert mistake.startswith(f"WORKFLOW_VALUES: {name}: {sentence}")


def test_a_model_that_is_not_there_is_named_with_those_that_are_like_it() -> None:
    assert mistakes_of(order=("wan22-14b",)) == [
        "MODEL_ORDER: there is no model wan22-14b; did you mean wan22_14b or wan22_5b?"
    ]


async def test_the_catalogue_keeps_the_preferences_and_logs_each_mistake_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = OperatorSettings(order=("ltx23", "sora"), values={"wan21_i2v.block_swap": "5"})
    async with open_catalogue(BUILT_IN, tmp_path, settings=settings) as catalogue:
        catalogue.load()
        assert next(iter(catalogue)) == "ltx23"
        assert catalogue["wan21_i2v"].nodes["46"].inputs["blocks_to_swap"] == 5
        assert [line for line in caplog.messages if "sora" in line] == list(catalogue.mistakes)
