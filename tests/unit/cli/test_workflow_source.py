"""The text of a workflow is read out of whatever file holds one."""

from pathlib import Path

import pytest

from cli.errors import CommandFailed
from cli.workflow_source import MAX_TEXT_BYTES, read_text
from media import BadClip, ClipFault
from tests.unit.cli.workflow_setup import no_embedded


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
async def test_json_is_read_in_every_encoding_that_editors_write(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes('{"1": "词"}'.encode(encoding))
    assert await read_text(file, no_embedded) == '{"1": "词"}'


@pytest.mark.parametrize("text", ["<!DOCTYPE html><html>", "<<<<<<< HEAD\n{}"])
async def test_what_looks_like_markup_is_left_to_whoever_reads_the_text(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text, "utf-8")
    assert await read_text(file, no_embedded) == text


@pytest.mark.parametrize(
    "head", [b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypisom", b"\x1a\x45\xdf\xa3"]
)
async def test_pictures_and_clips_are_known_by_their_content(tmp_path: Path, head: bytes) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(head + bytes(2000))

    async def embedded(path: Path) -> str:
        return f"from {path.name}"

    assert await read_text(file, embedded) == "from a.json"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xd8\xff\xe0", r"\(jpeg\) holds no workflow"),
        (b"{\xff\xfe\xfd", "it is no text"),
        (b"{" + b" " * MAX_TEXT_BYTES, "is larger than 20 MB"),
    ],
)
async def test_other_files_are_refused_by_what_they_are(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(content)
    with pytest.raises(CommandFailed, match=told):
        await read_text(file, no_embedded)


async def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.json"):
        with pytest.raises(CommandFailed, match="cannot be read"):
            await read_text(path, no_embedded)


async def test_a_picture_without_a_workflow_or_damaged_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n")

    async def nothing(_: Path) -> str:
        return ""

    async def damaged(_: Path) -> str:
        raise BadClip(ClipFault.BROKEN)

    with pytest.raises(CommandFailed, match="took that out"):
        await read_text(file, nothing)
    with pytest.raises(CommandFailed, match="cannot be read: broken"):
        await read_text(file, damaged)
