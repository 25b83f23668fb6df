"""Preview frames as they go over the websocket: both layouts of ComfyUI, and VideoHelperSuite's own."""

import io
import json
import struct

from PIL import Image

from playground.comfyui.graph import Json

_IMAGE, _IMAGE_WITH_METADATA, _JPEG = 1, 4, 1
VHS_RATE = 4


def encode_jpeg(image: Image.Image) -> bytes:
    """JPEG bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def render_plain(jpeg: bytes) -> bytes:
    """Type 1: type and format, big endian, then the image (fact 14)."""
    return struct.pack(">II", _IMAGE, _JPEG) + jpeg


def render_with_metadata(jpeg: bytes, metadata: Json) -> bytes:
    """Type 4: type, length of the JSON, the JSON, the image (recordings 10 and 40)."""
    text = json.dumps({**metadata, "image_type": "image/jpeg"}).encode()
    return struct.pack(">II", _IMAGE_WITH_METADATA, len(text)) + text + jpeg


def render_vhs(jpeg: bytes, node_id: str, index: int) -> bytes:
    """VideoHelperSuite's: type 1 with a header of its own, so that the JPEG begins at byte 32 (42)."""
    return struct.pack(">IIII16p", _IMAGE, _JPEG, 1, index, node_id.encode()) + jpeg
