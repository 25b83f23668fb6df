"""Pictures and clips, made and looked at by the tests themselves."""

import io

import av
from PIL import Image, ImageDraw


def photo(width: int = 800, height: int = 500) -> bytes:
    """A JPEG with something in it."""
    image = Image.new("RGB", (width, height), "steelblue")
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width // 2, height // 2), fill="gold")
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def frames_of(clip: bytes) -> tuple[int, int, int]:
    """Frames, width, height of an MP4 that decodes to its end."""
    with av.open(io.BytesIO(clip)) as container:
        frames = sum(1 for _ in container.decode(video=0))
        stream = container.streams.video[0]
        return frames, stream.width, stream.height
