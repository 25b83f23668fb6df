"""Parse the headers that children send back into the values and errors of this package."""

from collections.abc import Mapping
from pathlib import Path

from media.errors import BadClip, BadPicture, CannotFit, ClipFault, PictureFault
from media.values import Clip, FitMethod, Fitted, Picture, PictureIssue


def raise_picture_fault(header: Mapping[str, object]) -> None:
    """Raise BadPicture when the header reports a fault."""
    match header:
        case {"fault": fault, "limit": int(limit)}:
            raise BadPicture(PictureFault(str(fault)), limit=limit)
        case {"fault": fault}:
            raise BadPicture(PictureFault(str(fault)))
        case _:
            pass


def raise_clip_fault(header: Mapping[str, object]) -> None:
    """Raise BadClip or CannotFit when the header reports a fault."""
    match header:
        case {"fault": "cannot_fit", "limit": int(limit), "smallest": int(smallest)}:
            raise CannotFit(limit=limit, smallest=smallest)
        case {"fault": fault}:
            raise BadClip(ClipFault(str(fault)))
        case _:
            pass


def parse_picture(header: Mapping[str, object], png: bytes, sha256: str) -> Picture:
    """Build a Picture from its PNG and the measurements in the header. Raises BadPicture."""
    match header:
        case {"width": int(width), "height": int(height), "issues": str(issues)}:
            found = frozenset(map(PictureIssue, issues.split()))
            return Picture(data=png, width=width, height=height, sha256=sha256, issues=found)
        case _:
            raise BadPicture(PictureFault.BROKEN)


def parse_clip(header: Mapping[str, object]) -> Clip:
    """Build a Clip from the measurements in the header. Raises BadClip."""
    match header:
        case {
            "width": int(width),
            "height": int(height),
            "frames": int(frames),
            "fps": float(fps),
            "seconds": float(seconds),
            "codec": str(codec),
            "pixel_format": str(pixel_format),
            "bytes": int(size),
            "faststart": bool(faststart),
            "sound": bool(sound),
        }:
            return Clip(
                width=width,
                height=height,
                frames=frames,
                fps=fps,
                seconds=seconds,
                codec=codec,
                pixel_format=pixel_format,
                bytes=size,
                faststart=faststart,
                sound=sound,
            )
        case _:
            raise BadClip(ClipFault.BROKEN)


def parse_fitted(header: Mapping[str, object], source: Path, target: Path) -> Fitted:
    """Build a Fitted from the method and size in the header; an untouched clip is still at `source`."""
    match header:
        case {"method": str(method), "bytes": int(size)}:
            path = source if method == FitMethod.UNTOUCHED else target
            return Fitted(path=path, bytes=size, method=FitMethod(method))
        case _:
            raise BadClip(ClipFault.BROKEN)
