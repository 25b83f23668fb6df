"""Two clips become one that plays, with nothing encoded anew."""

from pathlib import Path

import av
import pytest
from PIL import Image

from media import BadClip, ClipFault, Media
from media.codecs.concat import join
from media.codecs.encoder import EncodeSettings, encode
from tests.unit.media.sample_clips import RATE, assert_plays, gradient_frames, names, noise_frames, write_clip


def pictures(path: Path) -> list[Image.Image]:
    with av.open(str(path)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


async def test_one_clip_behind_the_other(media: Media, tmp_path: Path) -> None:
    first, second = (
        write_clip(tmp_path / "a.mp4", gradient_frames(17)),
        write_clip(tmp_path / "b.mp4", noise_frames(33)),
    )
    joined = tmp_path / "c.mp4"
    await media.join_clips(first, second, joined)
    clip = await assert_plays(media, joined, 50)
    assert clip.fps == RATE
    assert pictures(joined) == [*pictures(first), *pictures(second)]
    assert joined.stat().st_size < first.stat().st_size + second.stat().st_size + 4096
    assert names(tmp_path) == ["a.mp4", "b.mp4", "c.mp4"]


async def test_clips_of_different_encodings_and_a_third_behind_two(media: Media, tmp_path: Path) -> None:
    first, other = write_clip(tmp_path / "a.mp4", gradient_frames(17)), tmp_path / "b.mp4"
    encode(
        write_clip(tmp_path / "raw.mp4", noise_frames(33)),
        other,
        EncodeSettings(bitrate=400_000, scale=1.0, stats=None, comment=None),
    )
    two, three = tmp_path / "two.mp4", tmp_path / "three.mp4"
    await media.join_clips(first, other, two)
    await media.join_clips(two, first, three)
    await assert_plays(media, three, 67)
    assert pictures(three) == [*pictures(first), *pictures(other), *pictures(first)]


async def test_its_packets_have_lengths_before_them_as_players_want(media: Media, tmp_path: Path) -> None:
    first, second = (
        write_clip(tmp_path / "a.mp4", gradient_frames(17)),
        write_clip(tmp_path / "b.mp4", noise_frames(9)),
    )
    await media.join_clips(first, second, tmp_path / "c.mp4")
    with av.open(str(tmp_path / "c.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.extradata
        assert stream.codec_context.extradata[0] == 1  # avcC, ISO/IEC 14496-15, 5.3.3.1
        for packet in container.demux(stream):
            assert [*units(bytes(packet))] or packet.size == 0


def units(data: bytes) -> list[bytes]:
    """The units of a packet, by the four bytes of length before each; raises where these do not add up."""
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        assert 0 < length <= len(data) - 4
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    return found


async def test_times_go_on_evenly(media: Media, tmp_path: Path) -> None:
    first, second = (
        write_clip(tmp_path / "a.mp4", gradient_frames(17)),
        write_clip(tmp_path / "b.mp4", gradient_frames(9)),
    )
    await media.join_clips(first, second, tmp_path / "c.mp4")
    with av.open(str(tmp_path / "c.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([number / RATE for number in range(26)])


async def test_clips_that_no_player_could_show_as_one_are_refused(media: Media, tmp_path: Path) -> None:
    first = write_clip(tmp_path / "a.mp4", gradient_frames())
    other = write_clip(tmp_path / "b.mp4", gradient_frames(), pixel_format="yuv444p")
    with pytest.raises(BadClip) as caught:
        await media.join_clips(first, other, tmp_path / "c.mp4")
    assert caught.value.code is ClipFault.NOT_ALIKE
    assert names(tmp_path) == ["a.mp4", "b.mp4"]


def test_joined_clips_of_different_sizes_are_not_alike(tmp_path: Path) -> None:
    first, small = write_clip(tmp_path / "a.mp4", gradient_frames(3)), tmp_path / "b.mp4"
    encode(first, small, EncodeSettings(bitrate=10**6, scale=0.5, stats=None, comment=None))
    join((first, first), tmp_path / "c.mp4")
    assert len(pictures(tmp_path / "c.mp4")) == 6
    with pytest.raises(BadClip) as caught:
        join((first, small), tmp_path / "d.mp4")
    assert caught.value.code is ClipFault.NOT_ALIKE


@pytest.mark.parametrize("first", ["0", "3"])
def test_encodings_that_decode_further_ahead_are_joined_in_either_order(tmp_path: Path, first: str) -> None:
    paths = [
        write_clip(tmp_path / f"{frames}.mp4", gradient_frames(9), options={"bf": frames})
        for frames in (first, "3" if first == "0" else "0")
    ]
    join((paths[0], paths[1]), tmp_path / "c.mp4")
    with av.open(str(tmp_path / "c.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([number / RATE for number in range(18)], abs=0.001)
