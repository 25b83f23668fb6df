"""x264 at a bitrate, and copies without encoding."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from media import FitMethod
from media.codecs.containers import open_output
from media.codecs.encoder import EncodeSettings, encode, remux
from media.codecs.ladder import FitRequest, fit
from media.codecs.mp4 import is_faststart
from media.codecs.video_reader import open_clip
from tests.unit.media.sample_clips import (
    RATE,
    SIZE,
    corner_frames,
    decoded,
    gradient_frames,
    metadata,
    noise_frames,
    write_clip,
)
from tests.unit.media.sample_pictures import near


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


COLOURS = {  # codec, pixel format, range and matrix of ISO/IEC 23091-2
    "full range": ("libx264", "yuvj420p", 2, 1),
    "full range, BT.601": ("libx264", "yuvj420p", 2, 6),
    "full range, 4:4:4": ("libx264", "yuvj444p", 2, 1),
    "RGB": ("libx264rgb", "rgb24", 2, 0),
    "RGB with alpha": ("ffv1", "bgra", 2, 2),
    "10 bits": ("libx264", "yuv420p10le", 1, 1),
    "16 bits, full range": ("ffv1", "yuv444p16le", 2, 1),
    "4:2:2": ("libx264", "yuv422p", 1, 6),
}


@pytest.mark.parametrize("kind", COLOURS)
def test_colours_stay_as_they_are_shown_in_the_limited_range(tmp_path: Path, kind: str) -> None:
    codec, pixel_format, colour_range, matrix = COLOURS[kind]
    source = tmp_path / ("a.mp4" if codec.startswith("libx264") else "a.mkv")
    write_coloured_clip(source, codec, pixel_format, colour_range, matrix)
    request = FitRequest(
        source=source, target=tmp_path / "b.mp4", scratch=tmp_path, limit=10**7, comment="AI"
    )
    assert fit(request)["method"] == FitMethod.CRF
    with av.open(str(request.target)) as container:
        frame = next(container.decode(video=0))
        assert frame.format.name == "yuv420p"
        assert frame.color_range == 1
        assert frame.colorspace == (1 if frame_is_rgb(pixel_format) else matrix)
        shown = frame.to_image()
    width, height = shown.size
    for point, colour in zip(
        ((9, 9), (width - 9, 9), (9, height - 9)), [(255, 0, 0), (0, 255, 0), (0, 0, 255)], strict=True
    ):
        assert near(shown.getpixel(point), colour, 8)
    again = replace(request, source=request.target, target=tmp_path / "c.mp4")
    assert fit(again)["method"] == FitMethod.UNTOUCHED


def frame_is_rgb(pixel_format: str) -> bool:
    return pixel_format in ("rgb24", "bgra")


def write_coloured_clip(path: Path, codec: str, pixel_format: str, colour_range: int, matrix: int) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=RATE)
        stream.width, stream.height = SIZE
        stream.pix_fmt = pixel_format
        stream.codec_context.color_range, stream.codec_context.colorspace = colour_range, matrix
        for number, image in enumerate(corner_frames()):
            frame = av.VideoFrame.from_image(image)
            if not frame_is_rgb(pixel_format):
                frame = frame.reformat(
                    *SIZE,
                    pixel_format,
                    src_color_range=2,
                    dst_color_range=colour_range,
                    dst_colorspace=1 if matrix == 1 else 5,
                )
            else:
                frame = frame.reformat(*SIZE, pixel_format)
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
