"""The child's main program, run as a process: each fault comes back as a code."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from media.child.framing import pack, unpack
from media.child.worker import main
from tests.forking.client import MEDIA, ROOT
from tests.forking.python import run_python
from tests.unit.media.sample_clips import gradient_frames, noise_frames, write_clip
from tests.unit.media.sample_pictures import photo, save

PROGRAM = f"from {main.__module__} import main; main()"


def respond(request: Mapping[str, object], payload: bytes = b"") -> tuple[Mapping[str, object], bytes]:
    """Start a child, send it the request, and return its response."""
    sent = pack(request, payload)
    child = run_python("-c", PROGRAM, str(ROOT), str(2 << 30), "20", data=sent, server=MEDIA)
    return unpack(child.stdout)


def test_a_picture_is_cleaned_and_a_broken_one_is_reported() -> None:
    header, png = respond({"do": "clean", "file_type": "png"}, save(photo(), "PNG"))
    assert (header["width"], header["height"], header["issues"]) == (640, 600, "")
    assert png.startswith(b"\x89PNG")
    assert respond({"do": "clean", "file_type": "png"}, b"\x89PNG") == ({"fault": "broken"}, b"")


def test_a_clip_is_measured_and_a_missing_one_is_reported(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", gradient_frames())
    assert respond({"do": "probe", "path": str(path)})[0]["frames"] == 17
    assert respond({"do": "probe", "path": str(tmp_path / "b.mp4")})[0] == {"fault": "broken"}


def test_a_limit_that_no_method_meets_is_reported_with_both_sizes(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", noise_frames(3))
    paths = {"source": str(source), "target": str(tmp_path / "b.mp4"), "scratch": str(tmp_path)}
    header, _ = respond({"do": "fit_clip", "limit": 50, "comment": None, **paths})
    assert (header["fault"], header["limit"]) == ("cannot_fit", 50)


def test_an_unknown_request_ends_the_child_without_a_response() -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        respond({"do": "sing"})
    assert b"unknown request" in caught.value.stderr
