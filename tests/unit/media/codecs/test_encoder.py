"""x264 at a bitrate, and copies without encoding."""

from pathlib import Path

import pytest

from media.codecs.containers import open_output
from media.codecs.encoder import EncodeSettings, encode, remux
from media.codecs.mp4 import is_faststart
from media.codecs.video_reader import open_clip
from tests.unit.media.sample_clips import RATE, decoded, gradient_frames, metadata, noise_frames, write_clip


def test_two_passes_meet_their_bitrate(tmp_path: Path) -> None:
    source, target = write_clip(tmp_path / "a.mp4", noise_frames()), tmp_path / "b.mp4"
    wanted = 100_000  # bytes
    bitrate = wanted * 8 * RATE // 33
    settings = EncodeSettings(bitrate=bitrate, scale=1, stats=tmp_path / "passes.log", comment=None)
    encode(source, target, settings)
    assert target.stat().st_size == pytest.approx(wanted, rel=0.1)
    assert b"rc=2pass" in target.read_bytes()  # x264 writes its settings into the stream


def test_the_colours_of_a_clip_keep_their_meaning(tmp_path: Path) -> None:
    source, target = write_clip(tmp_path / "a.mp4", gradient_frames(), colours=1), tmp_path / "b.mp4"
    encode(source, target, EncodeSettings(bitrate=10**6, scale=1, stats=None, comment=None))
    with open_clip(target) as reader:
        assert reader.colours["colorspace"] == reader.colours["color_primaries"] == 1  # BT.709


def test_a_copy_has_the_same_packets_its_index_first_and_only_the_comment(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", gradient_frames(), faststart=False, prompt="a secret")
    target = tmp_path / "b.mp4"
    remux(source, target, "AI-generated")
    assert is_faststart(target)
    assert decoded(target) == 17
    assert metadata(target)["comment"] == "AI-generated"
    assert b"secret" not in target.read_bytes()


def test_a_clip_is_scaled_to_an_even_size(tmp_path: Path) -> None:
    source, target = write_clip(tmp_path / "a.mp4", gradient_frames(2)), tmp_path / "b.mp4"
    encode(source, target, EncodeSettings(bitrate=10**6, scale=0.51, stats=None, comment=None))
    with open_clip(target) as reader:
        assert (reader.width, reader.height) == (98, 64)


def test_an_output_without_a_comment_has_none(tmp_path: Path) -> None:
    with open_output(tmp_path / "a.mp4", None) as out, open_output(tmp_path / "b.mp4", "x") as other:
        assert (dict(out.metadata), dict(other.metadata)) == ({}, {"comment": "x"})
