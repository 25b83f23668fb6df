"""Two clips as one, without encoding anything anew: runs in a child process, with PyAV."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from media.codecs.encoder import writing
from media.codecs.video_reader import open_film, opened, video_of
from media.errors import BadClip, ClipFault
from media.file_types import FileType

if TYPE_CHECKING:
    from av.packet import Packet

    Packets = Iterator[Packet[VideoStream]]


def join(paths: tuple[Path, Path], target: Path) -> None:
    """Put the second clip behind the first: their packets as they are, the times of the second moved on.

    Raises BadClip where one cannot be read, or they differ in what a player cannot change in mid-clip.
    """
    kinds = [_kind_of(path) for path in paths]
    if kinds[0] != kinds[1] or kinds[0][:2] != (FileType.MP4, "h264"):
        raise BadClip(ClipFault.NOT_ALIKE)
    with writing(target, None) as out:
        stream, start = None, 0
        for path in paths:
            with open_film(path, FileType.MP4) as film:
                source = video_of(film)
                stream = stream or out.add_stream_from_template(source)
                # Only as the filter tells the stream does the container put lengths before the units again.
                inline = BitStreamFilterContext("h264_mp4toannexb", source, stream if start == 0 else None)
                start = _append(out, stream, _packets(film, source, inline), start)


def _kind_of(path: Path) -> tuple[FileType, str, str, int, int, object]:
    with opened(path) as reel:
        return reel.kind, reel.codec, reel.pixel_format, reel.width, reel.height, reel.rate


def _packets(film: InputContainer, source: VideoStream, inline: BitStreamFilterContext) -> Packets:
    """Each with its parameter sets beside it: those of two encodings may differ, and an MP4 names one."""
    for packet in film.demux(source):
        yield from inline.filter(packet if packet.dts is not None else None)


def _append(out: OutputContainer, stream: VideoStream, packets: Packets, start: int) -> int:
    """Write the packets from `start` on, in ticks of the stream; returns where they end."""
    end = start
    for packet in packets:
        if packet.pts is None or packet.dts is None:
            continue
        packet.pts, packet.dts = packet.pts + start, packet.dts + start
        end = max(end, packet.pts + (packet.duration or 0))
        packet.stream = stream
        out.mux(packet)
    return end
