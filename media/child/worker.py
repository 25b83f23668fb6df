"""The child's main program: one request on standard input, one response on standard output."""

import faulthandler
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from media.child.confinement import confine
from media.child.framing import UNCONFINED, pack, unpack
from media.child.limits import apply_limits
from media.errors import BadClip, BadPicture, CannotFit

_Header = Mapping[str, object]
_INPUTS = ("path", "first", "second", "source")  # the keys of a request that name a file to read


def main() -> None:
    """Handle one request; arguments: folder of the checkout, bytes of memory, seconds."""
    memory, seconds = int(sys.argv[2]), float(sys.argv[3])
    deadline = time.monotonic() + seconds
    unlimited = apply_limits(memory=memory, seconds=seconds)
    request, payload = unpack(sys.stdin.buffer.read())
    work = _work(request, payload)
    # The watchdog's thread is started anew: what a thread gives up, those started before it keep.
    faulthandler.cancel_dump_traceback_later()
    unconfined = unlimited + confine(readable=_inputs(request), writable=_outputs(request))
    faulthandler.dump_traceback_later(max(deadline - time.monotonic(), 0.001), exit=True)
    if unconfined:
        sys.stderr.write(f"{UNCONFINED}{', '.join(unconfined)}\n")
    sys.stdout.buffer.write(_respond(work))
    sys.stdout.buffer.flush()


def _inputs(request: _Header) -> list[Path]:
    """The files that a request lets its child read."""
    return [Path(str(request[key])) for key in _INPUTS if key in request]


def _outputs(request: _Header) -> list[Path]:
    """The folder that a request lets its child write to: that of the file to make."""
    return [Path(str(request["target"])).parent] if "target" in request else []


def _respond(work: Callable[[], tuple[_Header, bytes]]) -> bytes:
    """Do the work and encode the result, or the fault that it ended with, as a response."""
    try:
        header, data = work()
    except BadPicture as err:
        return pack({"fault": err.code} | ({"limit": err.limit} if err.limit else {}))
    except BadClip as err:
        return pack({"fault": err.code})
    except CannotFit as err:
        return pack({"fault": "cannot_fit", "limit": err.limit, "smallest": err.smallest})
    except MemoryError:
        return pack({"fault": "too_large"})
    return pack(header, data)


def _work(request: _Header, payload: bytes) -> Callable[[], tuple[_Header, bytes]]:
    """Import the codec that the request names, and no other; returns what runs it."""
    match request:
        case {"do": "clean", "file_type": str(file_type)}:
            from media.pictures.pictures import clean

            return lambda: clean(payload, file_type)
        case {"do": "fit", "file_type": str(file_type), "width": int(width), "height": int(height)}:
            from media.pictures.pictures import fit

            return lambda: ({}, fit(payload, file_type, (width, height)))
        case {"do": "probe", "path": str(path)}:
            from media.codecs.clips import probe

            return lambda: (probe(Path(path)), b"")
        case {"do": "workflow", "path": str(path)}:
            from media.codecs.embedded import embedded_workflow

            return lambda: ({}, embedded_workflow(Path(path)).encode())
        case {"do": "poster", "path": str(path)}:
            from media.codecs.clips import poster

            return lambda: ({}, poster(Path(path)))
        case {"do": "last_frame", "path": str(path)}:
            from media.codecs.clips import last_frame

            return lambda: ({}, last_frame(Path(path)))
        case {"do": "join", "first": str(first), "second": str(second), "target": str(target)}:
            from media.codecs.concat import join

            def run() -> tuple[_Header, bytes]:
                join((Path(first), Path(second)), Path(target))
                return {}, b""

            return run
        case {"do": "fit_clip"}:
            return _fit_clip(request)
        case _:
            raise ValueError("unknown request")


def _fit_clip(request: _Header) -> Callable[[], tuple[_Header, bytes]]:
    """Import the ladder; returns what runs it on the request's files."""
    from media.codecs.ladder import FitRequest, fit

    comment, target = request["comment"], Path(str(request["target"]))
    fit_request = FitRequest(
        source=Path(str(request["source"])),
        target=target,
        scratch=target.parent,
        limit=int(str(request["limit"])),
        comment=None if comment is None else str(comment),
    )
    return lambda: (fit(fit_request), b"")
