"""Files of other projects' test suites through our media children, beside libvips and ffmpeg.

What is printed at the end (`-rP` or `-s` shows it): files, agreeing, refused rightly, wrong by name.
"""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import media
from tests.corpus.packages import CorpusFile, read_corpus
from tests.corpus.references import (
    Reference,
    Vips,
    count_frames,
    is_apng,
    missing_decoders,
    read_apng,
    read_png,
)

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(missing_decoders()), reason=missing_decoders())]

# Refusals that say what the matter is: another format, or more than a child may cost.
OUTSPOKEN = frozenset({"heic", "unsupported_format", "not_a_picture", "too_many_pixels", "too_large"})
AGREES, REFUSED, OURS_ALONE, NOT_COMPARED, WRONG = (
    "agreeing",
    "refused rightly",
    "ours alone",
    "not judged",
    "wrong",
)


@dataclass(frozen=True)
class Verdict:
    """What became of a file, and for WRONG and OURS_ALONE why."""

    name: str
    kind: str
    detail: str = ""


async def judge_picture(pictures: media.Media, vips: Vips, file: CorpusFile) -> Verdict:
    """Clean a picture as `/animate` does, and compare it with what libvips shows."""
    read = read_apng if is_apng(file.data) else vips.read
    reference = await asyncio.to_thread(read, file.data)
    try:
        cleaned = await pictures.clean_picture(file.data, timeout=60)
    except media.BadPicture as err:
        return judge_refusal(file, reference, str(err.code))
    if not isinstance(reference, Reference):
        return Verdict(file.name, OURS_ALONE, reference)
    difference = await asyncio.to_thread(lambda: reference.difference(read_png(cleaned.data)))
    if difference and has_gamma(file.data):
        return Verdict(file.name, NOT_COMPARED, "libvips leaves gAMA out")
    return Verdict(file.name, WRONG if difference else AGREES, difference)


def has_gamma(data: bytes) -> bool:
    """Whether a PNG tells its gamma and no other colour space, so that browsers show it by that."""
    head = data.partition(b"IDAT")[0]
    return b"gAMA" in head and not any(chunk in head for chunk in (b"sRGB", b"iCCP", b"cICP"))


def judge_refusal(file: CorpusFile, reference: Reference | str, code: str) -> Verdict:
    """A refusal is right where libvips refuses too, or where it names a format or a limit."""
    if code in OUTSPOKEN or not isinstance(reference, Reference):
        return Verdict(file.name, REFUSED, code)
    return Verdict(file.name, WRONG, f"refused as {code}, libvips reads {reference.width}×{reference.height}")


async def judge_clip(clips: media.Media, folder: Path, file: CorpusFile) -> Verdict:
    """Measure a clip, and compare with what ffmpeg decodes."""
    path = folder / file.name.replace("/", "_")
    await asyncio.to_thread(path.write_bytes, file.data)
    theirs = await asyncio.to_thread(count_frames, path)
    try:
        clip = await clips.probe_clip(path, timeout=120)
    except media.BadClip as err:
        return Verdict(file.name, WRONG, f"refused as {err.code}, ffmpeg reads {theirs}")
    ours = (clip.frames, clip.width, clip.height)
    return Verdict(file.name, AGREES if ours == theirs else WRONG, f"{ours}, ffmpeg {theirs}")


def report(verdicts: Sequence[Verdict]) -> str:
    """The table, and the files that are wrong or that only we read, by name."""
    counts = Counter(each.kind for each in verdicts)
    lines = [f"{len(verdicts)} files"]
    lines += [f"{counts[kind]:5} {kind}" for kind in (AGREES, REFUSED, OURS_ALONE, NOT_COMPARED, WRONG)]
    named = [each for kind in (OURS_ALONE, WRONG) for each in verdicts if each.kind == kind]
    return "\n".join(lines + [f"{each.kind}: {each.name}: {each.detail}" for each in named])


async def test_what_other_projects_test_with_is_read_as_others_read_it_or_refused_rightly(
    tmp_path: Path,
) -> None:
    try:
        files = await asyncio.to_thread(read_corpus)
    except (OSError, subprocess.SubprocessError) as err:
        pytest.skip(f"the corpus cannot be fetched: {err}")
    turns = asyncio.Semaphore(2)

    async def in_turn(judge: Callable[[], Awaitable[Verdict]]) -> Verdict:
        async with turns:
            return await judge()

    with Vips() as vips:
        async with media.open_media(limit=2) as codecs, asyncio.TaskGroup() as tasks:
            judged = [
                tasks.create_task(
                    in_turn(
                        lambda file=file: (
                            judge_clip(codecs, tmp_path, file)
                            if file.is_clip
                            else judge_picture(codecs, vips, file)
                        )
                    ),
                    name=f"corpus: {file.name}",
                )
                for file in files
            ]
    verdicts = [each.result() for each in judged]
    sys.stdout.write(report(verdicts) + "\n")
    assert [each for each in verdicts if each.kind == WRONG] == []
