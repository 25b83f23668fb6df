"""Which values fit a widget, and which saved values belong to no input."""

import pytest

from comfy.authoring.page.widget_kinds import fits, is_beside, is_harmless, of_kind


@pytest.mark.parametrize(
    ("kind", "fitting", "others"),
    [
        ("INT", [3, 3.0], [True, 3.5, "3"]),
        ("FLOAT", [3, 3.5], [True, "3"]),
        ("BOOLEAN", [True], [1, "true"]),
        ("STRING", [""], [3, True]),
        ("COMBO", ["a", 3, True, ["a", "b"]], [{}]),
        ("COMFY_DYNAMICCOMBO_V3", ["a"], [3]),
        ("COLOR", ["#fff", {}], []),
    ],
)
def test_what_a_widget_can_hold(kind: str, fitting: list[object], others: list[object]):
    spec = of_kind(kind)

    assert all(fits(value, spec) for value in [None, *fitting])
    assert not any(fits(value, spec) for value in others)


def test_values_of_controls_buttons_and_previews_are_harmless():
    shown = [None, "", "image", "randomize", "<b>640 x 480</b>", {"hidden": False, "params": {}}]

    assert all(map(is_harmless, shown))
    assert not any(map(is_harmless, ["euler", 0, 1.5, False, {"lora": "a"}]))


def test_widgets_beside_the_inputs_are_known_by_name():
    assert all(map(is_beside, ["control_after_generate", "control_after_generate#1", "fixed", "upload"]))
    assert not is_beside("image")
