"""A clip takes its place whole, or nothing is there."""

from pathlib import Path

import pytest

from comfy import BadAnswer, OutputFile, TooLarge
from comfy.protocol.files import AtomicDownload, is_moving_picture, parse_output_file

MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"


@pytest.mark.parametrize(
    "head",
    [
        MP4,
        b"\x1aE\xdf\xa3B\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x01",
        b"GIF89a",
        b"RIFF\x46\x2d\x01\x00WEBPVP8X",
    ],
)
def test_videos_are_known_by_their_first_bytes(head: bytes):
    assert is_moving_picture(head)


@pytest.mark.parametrize(
    "head", [b"", b"<html>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WAVE"]
)
def test_anything_else_is_no_video(head: bytes):
    assert not is_moving_picture(head)


def test_a_file_has_its_name_only_when_finished(tmp_path: Path):
    to = tmp_path / "clip.mp4"
    file = AtomicDownload(to, limit=100)
    file.write(MP4)
    file.write(b"more")
    assert not to.exists()

    file.finish()
    file.discard()

    assert to.read_bytes() == MP4 + b"more"
    assert list(tmp_path.iterdir()) == [to]


def test_a_file_over_the_limit_leaves_nothing(tmp_path: Path):
    file = AtomicDownload(tmp_path / "clip.mp4", limit=20)
    file.write(MP4)
    with pytest.raises(TooLarge):
        file.write(b"12345")
    file.discard()

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"<html>sign in</html>", b""])
def test_what_is_no_video_does_not_get_the_name(tmp_path: Path, content: bytes):
    file = AtomicDownload(tmp_path / "clip.mp4", limit=100)
    file.write(content)
    with pytest.raises(BadAnswer, match="no moving picture"):
        file.finish()
    file.discard()

    assert not list(tmp_path.iterdir())


def test_a_video_that_comes_byte_by_byte_is_a_video(tmp_path: Path):
    file = AtomicDownload(tmp_path / "clip.mp4", limit=100)
    for byte in MP4:
        file.write(bytes([byte]))
    file.finish()

    assert (tmp_path / "clip.mp4").read_bytes() == MP4


@pytest.mark.parametrize("subfolder", ["", "animate", "a/b", "a\\b"])
def test_a_file_inside_its_folder_is_taken(subfolder: str):
    entry = {"filename": "job_00001.mp4", "subfolder": subfolder, "type": "temp", "format": "video/h264-mp4"}

    assert parse_output_file(entry) == OutputFile(filename="job_00001.mp4", subfolder=subfolder, type="temp")


@pytest.mark.parametrize(
    "entry",
    [
        {"filename": ".."},
        {"filename": ""},
        {"filename": "../x.mp4"},
        {"filename": "..\\x.mp4"},
        {"filename": "/etc/passwd"},
        {"filename": "C:x.mp4"},
        {"filename": "x\0.mp4"},
        {"filename": "x.mp4", "subfolder": ".."},
        {"filename": "x.mp4", "subfolder": "a/../.."},
        {"filename": "x.mp4", "subfolder": "a\\..\\.."},
        {"filename": "x.mp4", "subfolder": "/etc"},
        {"filename": "x.mp4", "subfolder": "\\\\host"},
        {"filename": "x.mp4", "subfolder": "C:\\"},
        {"filename": "x.mp4", "type": "etc"},
        {"filename": None},
        {},
    ],
)
def test_a_name_that_leads_out_of_its_folder_is_refused(entry: dict[str, object]):
    with pytest.raises(BadAnswer):
        parse_output_file(entry)
