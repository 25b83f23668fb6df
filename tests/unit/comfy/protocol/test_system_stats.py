"""Versions are compared as numbers, stats parsed as recorded."""

import pytest

from comfy import BadAnswer, Device
from comfy.protocol.system_stats import parse_system_stats, parse_version

GPU = {"name": "cuda:0", "type": "cuda", "vram_free": 1, "vram_total": 2}


def test_stats_have_version_devices_and_the_time_that_was_measured():
    stats = parse_system_stats({"system": {"comfyui_version": "0.33.0"}, "devices": [GPU]}, 0.5)

    assert (stats.version, stats.latency) == ("0.33.0", 0.5)
    assert stats.devices == (Device(name="cuda:0", kind="cuda", free=1, total=2),)


@pytest.mark.parametrize(
    "answer", [None, {"system": {}}, {"system": {"comfyui_version": "1"}, "devices": [{"name": "x"}]}]
)
def test_stats_of_another_shape_are_a_bad_answer(answer: object):
    with pytest.raises(BadAnswer):
        parse_system_stats(answer, 0.5)


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("0.3.45", (0, 3, 45)),
        ("v1.2", (1, 2)),
        ("0.4.0-rc1", (0, 4)),
        ("nightly", ()),
        ("0.10.0", (0, 10, 0)),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, numbers: tuple[int, ...]):
    assert parse_version(version) == numbers
