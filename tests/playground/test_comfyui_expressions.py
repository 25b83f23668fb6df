"""Math nodes compute the expressions that published graphs hold, and nothing else."""

import pytest

from playground.comfyui.execution.nodes.expressions import evaluate


@pytest.mark.parametrize(
    ("expression", "names", "value"),
    [
        ("max(5, round(a * 24)) + (5 - (max(5, round(a * 24)) % 17)) % 17", {"a": 5.0}, 124),
        ("floor (a * b + 1)", {"a": 5.0, "b": 16.0}, 81),
        ("a * b + 1", {"a": 5, "b": 25}, 126),
        ("a/2", {"a": 1280}, 640),
        ("a // 3 ** 2 if a > b and not b == 2 else -a", {"a": 20, "b": 1}, 2),
    ],
)
def test_an_expression_gives_its_number(expression: str, names: dict[str, object], value: float) -> None:
    assert evaluate(expression, names) == value


@pytest.mark.parametrize(
    "expression", ["__import__('os')", "a.real", "[1, 2]", "a +", "open(1)", "'text'", "b", "2 ** 5000"]
)
def test_what_is_no_expression_of_numbers_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        evaluate(expression, {"a": 1})
