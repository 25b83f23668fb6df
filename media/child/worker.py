"""The child's side: one request on standard input, one answer on standard output."""

import sys
from collections.abc import Mapping
from pathlib import Path

from media.child.framing import pack, unpack
from media.child.limits import apply_limits
from media.errors import BadClip, BadPicture, CannotFit


def main() -> None:
    """Answer one request; the arguments are the house's folder, bytes of memory, seconds."""
    apply_limits(memory=int(sys.argv[2]), seconds=float(sys.argv[3]))
    request, payload = unpack(sys.stdin.buffer.read())
    sys.stdout.buffer.write(_answer(request, payload))
    sys.stdout.buffer.flush()


def _answer(request: Mapping[str, object], payload: bytes) -> bytes:
    try:
        header, data = _work(request, payload)
    except (BadPicture, BadClip) as err:
        return pack({"fault": err.code})
    except CannotFit as err:
        return pack({"fault": "cannot_fit", "limit": err.limit, "smallest": err.smallest})
    except MemoryError:
        return pack({"fault": "too_large"})
    return pack(header, data)


def _work(request: Mapping[str, object], payload: bytes) -> tuple[Mapping[str, object], bytes]:
    """Do what is asked; each library is loaded only by those who need it."""
    match request:
        case {"do": "clean", "kind": str(kind)}:
            from media.codecs.pictures import clean

            return clean(payload, kind)
        case {"do": "fit", "kind": str(kind), "width": int(width), "height": int(height)}:
            from media.codecs.pictures import fit

            return {}, fit(payload, kind, (width, height))
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
