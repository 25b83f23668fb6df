"""The table of what was found can be read on any terminal."""

from cli.tables import MAX_CELL, format_table, found_table, width_of
from comfy import Found, NodeInput


def test_each_place_has_a_line_and_what_only_a_run_tells_is_said() -> None:
    steps = NodeInput(node="129:128", input="value"), NodeInput(node="129:118", input="value")
    table = found_table(
        {
            "steps": Found(places=steps, how="steps of node 3", value=20),
            "image": Found(places=(NodeInput(node="97", input="image"),), how="the only picture"),
        }
    )
    assert table.splitlines() == [
        "value  place          how               now",
        "image  97.image       the only picture  (by a run)",
        "steps  129:128.value  steps of node 3   20",
        "       129:118.value",
    ]


def test_columns_are_aligned_for_wide_characters_and_combining_marks() -> None:
    lines = format_table(("a", "b"), [("提示词", "x"), ("e\u0301", "y"), ("prompt", "z")]).splitlines()
    assert {width_of(line[: line.index(mark)]) for line, mark in zip(lines[1:], "xyz", strict=True)} == {8}


def test_what_is_not_shown_or_too_long_reaches_no_terminal() -> None:
    (_, line) = format_table(("a",), [("\x1b[31mred\x07\u202e" + "词" * 100,)]).splitlines()
    assert line.isprintable()
    assert width_of(line) <= MAX_CELL
    assert line.startswith("red")
    assert line.endswith("…")
