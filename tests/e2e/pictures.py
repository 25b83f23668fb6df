"""Pictures and clips, made and looked at by the tests themselves."""

import io
import random

import av
from PIL import Image, ImageDraw


def photo(width: int = 800, height: int = 500) -> bytes:
    """A JPEG with something in it."""
    image = Image.new("RGB", (width, height), "steelblue")
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width // 2, height // 2), fill="gold")
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def noise(width: int = 832, height: int = 480) -> bytes:
    """A PNG that no encoder can make small: five seconds of it are more than Discord takes."""
    pixels = random.Random(1).randbytes(width * height * 3)  # noqa: S311 - the same noise each time
    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), pixels).save(out, "PNG")
    return out.getvalue()


def frames_of(clip: bytes) -> tuple[int, int, int]:
    """Frames, width, height of an MP4 that decodes to its end."""
    with av.open(io.BytesIO(clip)) as container:
        frames = sum(1 for _ in container.decode(video=0))
        stream = container.streams.video[0]
        return frames, stream.width, stream.height
