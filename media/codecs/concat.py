"""Concatenate two clips by copying their packets, without encoding."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from media.codecs.encoder import open_output
from media.codecs.video_reader import open_clip, open_container, video_of
from media.errors import BadClip, ClipFault
from media.file_types import FileType

if TYPE_CHECKING:
    from av.packet import Packet

    Packets = Iterator[Packet[VideoStream]]


def join(paths: tuple[Path, Path], target: Path) -> None:
    """Write both clips to `target`, the timestamps of the second shifted by the duration of the first.

    Raises BadClip: `not_alike` unless both are h264 in MP4 of the same size, rate and pixel format, or what
    `open_clip` raises for a clip that cannot be read.
    """
    formats = [_stream_format(path) for path in paths]
    if formats[0] != formats[1] or formats[0][:2] != (FileType.MP4, "h264"):
        raise BadClip(ClipFault.NOT_ALIKE)
    with open_output(target, None) as out:
        stream, start = None, 0
        for path in paths:
            with open_container(path, FileType.MP4) as container:
                source = video_of(container)
                stream = stream or out.add_stream_from_template(source)
                # The filter sets up the output stream: only then does the muxer write length-prefixed units.
                inline = BitStreamFilterContext("h264_mp4toannexb", source, stream if start == 0 else None)
                start = _append(out, stream, _packets(container, source, inline), start)


def _stream_format(path: Path) -> tuple[FileType, str, str, int, int, object]:
    """What two clips must have in common to play as one stream."""
    with open_clip(path) as reader:
        return reader.file_type, reader.codec, reader.pixel_format, reader.width, reader.height, reader.rate


def _packets(container: InputContainer, source: VideoStream, inline: BitStreamFilterContext) -> Packets:
    """The packets with SPS and PPS inline: two encodings may differ in them, an MP4 header holds one set."""
    for packet in container.demux(source):
        yield from inline.filter(packet if packet.dts is not None else None)


def _append(out: OutputContainer, stream: VideoStream, packets: Packets, start: int) -> int:
    """Write the packets, their timestamps shifted by `start` ticks; returns the tick at which they end."""
    end = start
    for packet in packets:
        if packet.pts is None or packet.dts is None:
            continue
        packet.pts, packet.dts = packet.pts + start, packet.dts + start
        end = max(end, packet.pts + (packet.duration or 0))
        packet.stream = stream
        out.mux(packet)
    return end
