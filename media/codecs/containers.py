"""Open containers for reading, by one fixed demuxer, and MP4 for writing."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from media.errors import BadClip, ClipFault
from media.file_types import FileType

DEMUXERS = {
    FileType.MP4: "mp4",
    FileType.WEBM: "matroska",
    FileType.GIF: "gif",
    FileType.PNG: "apng",
}


def open_container(path: Path, file_type: FileType) -> InputContainer:
    """Open a video file with one fixed demuxer, without network: a playlist could name other files."""
    return av.open(path, format=DEMUXERS[file_type], options={"protocol_whitelist": "file"})


def video_of(container: InputContainer) -> VideoStream:
    """The first video stream; raises BadClip when there is none."""
    if not container.streams.video:
        raise BadClip(ClipFault.NOT_A_CLIP)
    return container.streams.video[0]


def open_output(target: Path, comment: str | None) -> OutputContainer:
    """Open an MP4 for writing, its index first, with no metadata but the comment; close it with `with`."""
    # To a path: PyAV 18 cannot move the index to the front of a stream in memory.
    # Packets of sound may be handed over long before those that are shown with them.
    options = {"movflags": "+faststart", "max_interleave_delta": "0"}
    out = av.open(target, "w", format="mp4", options=options)
    if comment is not None:
        out.metadata["comment"] = comment
    return out
