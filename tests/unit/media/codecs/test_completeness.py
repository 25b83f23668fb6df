"""A clip whose file ends too early is told from a shorter one, in every container."""

from collections.abc import Callable
from pathlib import Path

import pytest

from media import BadClip, ClipFault
from media.codecs.completeness import is_cut
from media.codecs.concat import join
from media.codecs.video_reader import open_clip
from media.file_types import FileType
from tests.sampling import one_in
from tests.unit.media.sample_clips import (
    decoded,
    noise_frames,
    write_animation,
    write_clip,
    write_fragmented_clip,
)

CLIPS: dict[str, Callable[[Path], Path]] = {
    "index first": lambda folder: write_clip(folder / "a.mp4", noise_frames(9)),
    "index last": lambda folder: write_clip(folder / "a.mp4", noise_frames(9), faststart=False),
    "fragments": lambda folder: write_fragmented_clip(folder / "a.mp4"),
    "WebM": lambda folder: write_clip(folder / "a.webm", noise_frames(5), codec="libvpx-vp9"),
    "Matroska": lambda folder: write_clip(folder / "a.mkv", noise_frames(5), codec="ffv1"),
    "GIF": lambda folder: write_animation(folder / "a.gif", noise_frames(4)),
    "WebP": lambda folder: write_animation(folder / "a.webp", noise_frames(4)),
    "APNG": lambda folder: write_animation(folder / "a.png", noise_frames(4)),
}


@pytest.mark.parametrize("kind", one_in(3, CLIPS))
def test_a_clip_cut_anywhere_is_broken_and_bytes_behind_it_are_not_minded(tmp_path: Path, kind: str) -> None:
    path = CLIPS[kind](tmp_path)
    whole = path.read_bytes()
    with open_clip(path) as reader:
        frames = reader.frames
    for share in (0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(BadClip) as caught, open_clip(path):
            pass
        assert caught.value.code is ClipFault.BROKEN, share
    path.write_bytes(whole + bytes(99))
    with open_clip(path) as reader:
        assert reader.frames == frames == len(list(reader.images))


def test_a_clip_whose_frames_reach_to_the_end_of_the_file_is_cut_by_its_index(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", noise_frames(9))
    whole = bytearray(path.read_bytes())
    at = whole.index(b"mdat") - 4
    whole[at : at + 4] = bytes(4)  # as writers do that do not know the length: to the end
    path.write_bytes(whole)
    assert decoded(path) == 9
    with open_clip(path) as reader:
        assert reader.frames == 9
    path.write_bytes(whole[: len(whole) // 2])
    assert not is_cut(path, FileType.MP4)
    with pytest.raises(BadClip), open_clip(path):
        pass


@pytest.mark.parametrize("first", [True, False])
def test_a_cut_clip_is_joined_with_none(tmp_path: Path, first: bool) -> None:
    path, cut = write_clip(tmp_path / "a.mp4", noise_frames(9)), tmp_path / "b.mp4"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadClip) as caught:
        join((cut, path) if first else (path, cut), tmp_path / "c.mp4")
    assert caught.value.code is ClipFault.BROKEN


def test_a_damaged_clip_is_refused_where_it_is_joined(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", noise_frames(9))
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat") + 4
    data[at : at + 3000] = b"\xff" * 3000
    damaged = tmp_path / "b.mp4"
    damaged.write_bytes(data)
    with pytest.raises(BadClip):
        join((path, damaged), tmp_path / "c.mp4")


@pytest.mark.parametrize("file_type", [each for each in FileType if each is not FileType.JPEG])
def test_any_bytes_are_looked_at_without_an_error(tmp_path: Path, file_type: FileType) -> None:
    path = tmp_path / "a"
    for data in (
        b"",
        b"\0",
        b"\0\0\0\1moov",
        b"\x1a\x45\xdf\xa3\xff",
        b"GIF89a" + b"," * 90,
        bytes(range(256)),
    ):
        path.write_bytes(data)
        assert is_cut(path, file_type) in (True, False)
