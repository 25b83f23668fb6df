"""The child's main program: one request on standard input, one response on standard output."""

import sys
from collections.abc import Mapping
from pathlib import Path

from media.child.framing import pack, unpack
from media.child.limits import apply_limits
from media.errors import BadClip, BadPicture, CannotFit


def main() -> None:
    """Handle one request; arguments: folder of the checkout, bytes of memory, seconds."""
    apply_limits(memory=int(sys.argv[2]), seconds=float(sys.argv[3]))
    request, payload = unpack(sys.stdin.buffer.read())
    sys.stdout.buffer.write(_respond(request, payload))
    sys.stdout.buffer.flush()


def _respond(request: Mapping[str, object], payload: bytes) -> bytes:
    """Handle a request and encode the result, or the fault that it ended with, as a response."""
    try:
        header, data = _handle(request, payload)
    except (BadPicture, BadClip) as err:
        return pack({"fault": err.code})
    except CannotFit as err:
        return pack({"fault": "cannot_fit", "limit": err.limit, "smallest": err.smallest})
    except MemoryError:
        return pack({"fault": "too_large"})
    return pack(header, data)


def _handle(request: Mapping[str, object], payload: bytes) -> tuple[Mapping[str, object], bytes]:
    """Run the codec that the request names; Pillow and PyAV are imported only where they are needed."""
    match request:
        case {"do": "clean", "file_type": str(file_type)}:
            from media.codecs.pictures import clean

            return clean(payload, file_type)
        case {"do": "fit", "file_type": str(file_type), "width": int(width), "height": int(height)}:
            from media.codecs.pictures import fit

            return {}, fit(payload, file_type, (width, height))
        case {"do": "probe", "path": str(path)}:
            from media.codecs.clips import probe

            return probe(Path(path)), b""
        case {"do": "poster", "path": str(path)}:
            from media.codecs.clips import poster

            return {}, poster(Path(path))
        case {"do": "last_frame", "path": str(path)}:
            from media.codecs.clips import last_frame

            return {}, last_frame(Path(path))
        case {"do": "join", "first": str(first), "second": str(second), "target": str(target)}:
            from media.codecs.concat import join

            join((Path(first), Path(second)), Path(target))
            return {}, b""
        case {"do": "fit_clip"}:
            return _fit_clip(request), b""
        case _:
            raise ValueError("unknown request")


def _fit_clip(request: Mapping[str, object]) -> Mapping[str, object]:
    """Run the ladder on the request's files."""
    from media.codecs.ladder import FitRequest, fit

    comment = request["comment"]
    return fit(
        FitRequest(
            source=Path(str(request["source"])),
            target=Path(str(request["target"])),
            scratch=Path(str(request["scratch"])),
            limit=int(str(request["limit"])),
            comment=None if comment is None else str(comment),
        )
    )
