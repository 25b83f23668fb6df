"""Clips of every file type are opened alike, or refused with a reason."""

import errno
from pathlib import Path

import pytest
from av.error import FFmpegError

from media import BadClip, ClipFault, Media
from media.codecs.containers import open_container, video_of
from media.codecs.video_reader import open_clip
from media.file_types import FileType
from tests.unit.media.sample_clips import (
    RATE,
    SIZE,
    gradient_frames,
    write_animation,
    write_clip,
)
from tests.unit.media.sample_pictures import photo, save


@pytest.mark.parametrize(
    ("name", "codec"), [("a.webm", "libvpx-vp9"), ("a.gif", None), ("a.webp", None)], ids=str
)
async def test_every_kind_is_measured_alike(
    media: Media, tmp_path: Path, name: str, codec: str | None
) -> None:
    path = tmp_path / name
    made = (
        write_clip(path, gradient_frames(), codec=codec)
        if codec
        else write_animation(path, gradient_frames())
    )
    clip = await media.probe_clip(made)
    assert (clip.width, clip.height, clip.frames) == (*SIZE, 17)
    assert clip.fps == pytest.approx(RATE, rel=0.05)
    assert not clip.faststart


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ClipFault.NOT_A_CLIP),
        (b"#EXTM3U\nhttp://127.0.0.1/secret\n", ClipFault.NOT_A_CLIP),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", ClipFault.NOT_A_CLIP),
        (save(photo(64, 64), "PNG"), ClipFault.NOT_A_CLIP),
        (save(photo(64, 64), "WEBP"), ClipFault.NOT_A_CLIP),
        (b"\0\0\0\x14ftypisom\0\0\0\0isom" + b"\xff" * 400, ClipFault.BROKEN),
        (b"\x1a\x45\xdf\xa3" + bytes(400), ClipFault.BROKEN),
    ],
)
async def test_what_is_no_clip_is_refused(media: Media, tmp_path: Path, data: bytes, code: ClipFault) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with pytest.raises(BadClip) as caught:
        await media.probe_clip(path)
    assert caught.value.code is code


async def test_a_missing_clip_is_broken_for_all_who_ask(media: Media, tmp_path: Path) -> None:
    for ask in (media.probe_clip, media.poster, media.last_frame):
        with pytest.raises(BadClip):
            await ask(tmp_path / "nothing.mp4")


def test_every_decoded_frame_is_read_once_and_the_colours_are_the_streams(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", gradient_frames(), colours=1)
    with open_clip(path) as reader:
        assert (reader.file_type, reader.codec, reader.frames) == (FileType.MP4, "h264", 17)
        assert len(list(reader.images)) == 17
        assert list(reader.images) == []
        assert reader.colours["colorspace"] == 1


def test_a_container_is_opened_as_what_it_is_and_as_nothing_else(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", gradient_frames())
    with open_container(path, FileType.MP4) as container:
        assert (video_of(container).width, video_of(container).height) == SIZE
    with pytest.raises(FFmpegError):
        open_container(path, FileType.GIF)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, ClipFault.NO_ROOM),
        (errno.EDQUOT, ClipFault.NO_ROOM),
        (errno.EFBIG, ClipFault.NO_ROOM),
        (errno.EACCES, ClipFault.BUSY),
        (errno.EBUSY, ClipFault.BUSY),
        (errno.EMFILE, ClipFault.BUSY),
        (errno.EIO, ClipFault.BROKEN),
    ],
)
def test_a_full_disk_or_a_file_held_open_is_not_the_clips_fault(
    tmp_path: Path, number: int, code: ClipFault
) -> None:
    path = write_clip(tmp_path / "a.mp4", gradient_frames())
    with pytest.raises(BadClip) as caught, open_clip(path):
        raise OSError(number, "while the result was written")
    assert caught.value.code is code
