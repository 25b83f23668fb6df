"""What a child answered, as our values or our errors: the one place where its JSON is read."""

from collections.abc import Mapping
from pathlib import Path

from media.errors import BadClip, BadPicture, CannotFit, ClipFault, PictureFault
from media.values import Clip, FitMethod, Fitted, Picture, PictureIssue


def raise_picture_fault(header: Mapping[str, object]) -> None:
    """Raise BadPicture when the header reports a fault."""
    if "fault" in header:
        raise BadPicture(PictureFault(str(header["fault"])))


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
    """Join a clean picture and what was measured."""
    match header:
        case {"width": int(width), "height": int(height), "notes": str(notes)}:
            names = frozenset(map(PictureIssue, notes.split()))
            return Picture(data=png, width=width, height=height, sha256=sha256, issues=names)
        case _:
            raise BadPicture(PictureFault.BROKEN)


def parse_clip(header: Mapping[str, object]) -> Clip:
    """Read what was measured of a clip."""
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
            )
        case _:
            raise BadClip(ClipFault.BROKEN)


def parse_fitted(header: Mapping[str, object], source: Path, target: Path) -> Fitted:
    """Read how a clip was made to fit; an untouched one is still where it was."""
    match header:
        case {"how": str(how), "bytes": int(size)}:
            path = source if how == FitMethod.UNTOUCHED else target
            return Fitted(path=path, bytes=size, method=FitMethod(how))
        case _:
            raise BadClip(ClipFault.BROKEN)
