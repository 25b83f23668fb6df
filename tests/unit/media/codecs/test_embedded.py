"""The workflow that ComfyUI embeds in its pictures and clips."""

import json
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import av
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from media import Media
from media.codecs.embedded import MAX_TEXT, embedded_workflow
from media.errors import BadClip

PROMPT = {"1": {"class_type": "LoadImage", "inputs": {"image": "猫.png"}}}
PAGE = {"nodes": [], "links": []}


def both(text: str) -> tuple[object, object]:
    """What was found: the texts of prompt and workflow, parsed."""
    found = json.loads(text)
    return json.loads(found["prompt"]), json.loads(found["workflow"])


def write_png(path: Path, **texts: str) -> Path:
    info = PngInfo()
    for key, value in texts.items():
        info.add_text(key, value)
    Image.new("RGB", (8, 8)).save(path, pnginfo=info)
    return path


def write_clip(path: Path, tags: Mapping[str, str]) -> Path:
    options = {"movflags": "use_metadata_tags"} if path.suffix == ".mp4" else {}
    with av.open(path, "w", options=options) as out:
        out.metadata.update(tags)
        stream = out.add_stream("libx264" if path.suffix == ".mp4" else "libvpx-vp9", rate=8)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        for _ in range(2):
            out.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        out.mux(stream.encode(None))
    return path


async def test_a_child_reads_both_texts_of_a_png(media: Media, tmp_path: Path):
    path = write_png(tmp_path / "a.png", prompt=json.dumps(PROMPT), workflow=json.dumps(PAGE))

    assert both(await media.read_embedded_workflow(path)) == (PROMPT, PAGE)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_png_may_hold_its_texts_in_any_of_the_standards_forms(tmp_path: Path, *, compressed: bool):
    info = PngInfo()
    info.add_text("prompt", json.dumps(PROMPT), zip=compressed)
    info.add_itxt("workflow", json.dumps(PAGE, ensure_ascii=False), zip=compressed)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", pnginfo=info)

    assert both(embedded_workflow(tmp_path / "a.png")) == (PROMPT, PAGE)


def test_a_webp_holds_them_in_its_exif(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0110] = f"prompt:{json.dumps(PROMPT)}"
    exif[0x010F] = f"workflow:{json.dumps(PAGE)}"
    Image.new("RGB", (8, 8)).save(tmp_path / "a.webp", exif=exif)

    assert both(embedded_workflow(tmp_path / "a.webp")) == (PROMPT, PAGE)


@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_a_clip_holds_them_in_tags(tmp_path: Path, name: str):
    path = write_clip(tmp_path / name, {"prompt": json.dumps(PROMPT), "workflow": json.dumps(PAGE)})

    assert both(embedded_workflow(path)) == (PROMPT, PAGE)


@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_video_helper_suite_puts_both_into_the_comment(tmp_path: Path, name: str):
    comment = json.dumps({"prompt": json.dumps(PROMPT), "workflow": PAGE})
    path = write_clip(tmp_path / name, {"comment": comment})

    assert both(embedded_workflow(path)) == (PROMPT, PAGE)


@pytest.mark.parametrize("texts", [{}, {"parameters": "a cat, steps 20"}])
def test_a_picture_without_a_workflow_has_none(tmp_path: Path, texts: dict[str, str]):
    assert embedded_workflow(write_png(tmp_path / "a.png", **texts)) == ""


def test_a_file_of_another_kind_has_none(tmp_path: Path):
    (tmp_path / "a.json").write_text("{}")

    assert embedded_workflow(tmp_path / "a.json") == ""


def test_a_comment_of_somebodys_own_is_no_workflow(tmp_path: Path):
    assert embedded_workflow(write_clip(tmp_path / "a.mp4", {"comment": "{holiday}"})) == ""


def test_a_text_that_grows_without_end_is_refused(tmp_path: Path):
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    body = b"prompt\0\0" + zlib.compress(bytes(2 * MAX_TEXT))
    chunk = len(body).to_bytes(4, "big") + b"zTXt" + body + zlib.crc32(b"zTXt" + body).to_bytes(4, "big")
    data = picture.getvalue()
    (tmp_path / "a.png").write_bytes(data[:33] + chunk + data[33:])

    with pytest.raises(BadClip):
        embedded_workflow(tmp_path / "a.png")


def test_a_damaged_clip_is_refused(tmp_path: Path):
    whole = write_clip(tmp_path / "a.mp4", {}).read_bytes()
    (tmp_path / "b.mp4").write_bytes(whole[:40])

    with pytest.raises(BadClip):
        embedded_workflow(tmp_path / "b.mp4")
