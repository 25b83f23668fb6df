"""Headers from a child become values or errors of the package."""

from pathlib import Path

import pytest

from media import BadClip, BadPicture, CannotFit, ClipFault, FitMethod, PictureFault, PictureIssue
from media.child.responses import (
    parse_clip,
    parse_fitted,
    parse_picture,
    raise_clip_fault,
    raise_picture_fault,
)

CLIP = {
    "width": 64,
    "height": 48,
    "frames": 17,
    "fps": 16.0,
    "seconds": 17 / 16,
    "codec": "h264",
    "pixel_format": "yuv420p",
    "bytes": 1234,
    "faststart": True,
    "sound": False,
}
PICTURE = {"width": 640, "height": 480, "issues": "dark small"}


def test_a_fault_is_raised_and_a_header_without_one_is_not() -> None:
    raise_picture_fault(PICTURE)
    raise_clip_fault(CLIP)
    with pytest.raises(BadPicture) as picture:
        raise_picture_fault({"fault": "too_many_pixels"})
    assert picture.value.code is PictureFault.TOO_MANY_PIXELS
    with pytest.raises(BadClip) as clip:
        raise_clip_fault({"fault": "no_room"})
    assert clip.value.code is ClipFault.NO_ROOM


def test_a_clip_that_cannot_fit_says_its_limit_and_its_smallest_size() -> None:
    with pytest.raises(CannotFit) as caught:
        raise_clip_fault({"fault": "cannot_fit", "limit": 10, "smallest": 12})
    assert (caught.value.limit, caught.value.smallest) == (10, 12)


def test_a_picture_is_built_from_its_header_and_png() -> None:
    picture = parse_picture(PICTURE, b"png", "ab")
    assert (picture.data, picture.width, picture.height, picture.sha256) == (b"png", 640, 480, "ab")
    assert picture.issues == {PictureIssue.DARK, PictureIssue.SMALL}


def test_a_clip_is_built_from_all_its_measurements() -> None:
    clip = parse_clip(CLIP)
    assert {name: getattr(clip, name) for name in CLIP} == CLIP


@pytest.mark.parametrize("name", CLIP)
def test_a_header_without_a_measurement_is_broken(name: str) -> None:
    with pytest.raises(BadClip):
        parse_clip({key: value for key, value in CLIP.items() if key != name})
    with pytest.raises(BadPicture):
        parse_picture({key: value for key, value in PICTURE.items() if key != "width"}, b"", "")


@pytest.mark.parametrize(("method", "path"), [("untouched", "source"), ("remuxed", "target")])
def test_a_fitted_clip_is_at_the_target_unless_untouched(method: str, path: str) -> None:
    fitted = parse_fitted({"method": method, "bytes": 5}, Path("source"), Path("target"))
    assert (fitted.path, fitted.bytes, fitted.method) == (Path(path), 5, FitMethod(method))
    with pytest.raises(BadClip):
        parse_fitted({"method": method}, Path("source"), Path("target"))
