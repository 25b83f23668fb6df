"""A child that decodes the largest picture of a format stays below 400 MB."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from media.child.framing import pack
from tests.unit.media.sample_pictures import save

MAX_MEGABYTES = 400
ROOT = Path(__file__).parents[3]
START = """
import sys
sys.path.insert(0, sys.argv[1])
status = open("/proc/self/status")  # the confined child cannot open it any more
from media.child.worker import main
main()
status.seek(0)
sys.stderr.write(status.read())
"""
RED = (200, 30, 40)


def largest(name: str) -> bytes:
    """A picture at the allowed edge, of one colour: what it costs is its size."""
    match name:
        case "jpeg":
            return save(Image.new("RGB", (16_320, 12_240), RED), "JPEG")
        case "progressive":
            return save(Image.new("RGB", (7000, 6100), RED), "JPEG", progressive=True, subsampling="4:4:4")
        case "png":
            return save(Image.new("RGBA", (9000, 5500), (*RED, 9)), "PNG", compress_level=1)
        case "png of grey and alpha":
            return save(Image.new("LA", (9000, 5500), (9, 9)), "PNG", compress_level=1)
        case "png of a palette":
            return save(Image.new("P", (9000, 5500), 3), "PNG", compress_level=1, transparency=7)
        case "gif":
            return save(Image.new("P", (9000, 5500), 3), "GIF")
        case "webp":
            return save(Image.new("RGB", (4700, 3600), RED), "WEBP", method=0)
        case _:
            return save(Image.new("RGB", (5000, 3990), RED), "AVIF", speed=10)


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of a child as Linux tells it")
@pytest.mark.parametrize(
    "name",
    ["jpeg", "progressive", "png", "png of grey and alpha", "png of a palette", "gif", "webp", "avif"],
)
def test_the_largest_picture_of_a_format_costs_less_than_400_mb(name: str) -> None:
    file_type = {"progressive": "jpeg"}.get(name, name.split()[0])
    request = pack({"do": "clean", "file_type": file_type}, largest(name))
    command = [sys.executable, "-I", "-c", START, str(ROOT), str(1 << 30), "60"]
    environment = {"MALLOC_ARENA_MAX": "2"}
    child = subprocess.run(command, input=request, capture_output=True, env=environment, check=True)  # noqa: S603 - our own worker
    peak = next(line for line in child.stderr.splitlines() if line.startswith(b"VmHWM"))
    assert b'"width"' in child.stdout[:100]
    assert int(peak.split()[1]) < MAX_MEGABYTES * 1000
