"""Writes LICENSES.md: `.venv/bin/python deploy/licenses.py`; `--check` says whether it is up to date.

What an image carries: the packages of requirements.lock, and of the extras it was built with, by their own
metadata, and the libraries that lie beside them in their wheels, by the table below. A library that is not in
it is an error: somebody has to look it up. The files are those of Linux on x86-64.
"""

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]
EXTRAS = ("postgres", "s3", "heif")
TARGET = ROOT / "LICENSES.md"
# SPDX expressions. Sources: each project's own licence file; for Pillow's also LICENSE in its wheel.
LIBRARIES: Mapping[str, str] = {
    "SvtAv1Enc": "BSD-3-Clause-Clear",
    "Xau": "MIT-open-group",
    "asound": "LGPL-2.1-or-later",
    "avcodec": "LGPL-3.0-or-later",
    "avdevice": "LGPL-3.0-or-later",
    "avfilter": "LGPL-3.0-or-later",
    "avformat": "LGPL-3.0-or-later",
    "avif": "BSD-2-Clause",
    "avutil": "LGPL-3.0-or-later",
    "brotlicommon": "MIT",
    "brotlidec": "MIT",
    "dav1d": "BSD-2-Clause",
    "drm": "MIT",
    "freetype": "FTL OR GPL-2.0-or-later",
    "gmp": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "gnutls": "LGPL-2.1-or-later",
    "harfbuzz": "MIT-Modern-Variant",
    "hogweed": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "jpeg": "IJG AND BSD-3-Clause AND Zlib",
    "lcms2": "MIT",
    "lzma": "0BSD",
    "mp3lame": "LGPL-2.0-or-later",
    "nettle": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "opencore-amrnb": "Apache-2.0",
    "opencore-amrwb": "Apache-2.0",
    "openjp2": "BSD-2-Clause",
    "opus": "BSD-3-Clause",
    "png16": "libpng-2.0",
    "sharpyuv": "BSD-3-Clause",
    "swresample": "LGPL-3.0-or-later",
    "swscale": "LGPL-3.0-or-later",
    "tiff": "libtiff",
    "unistring": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "vpl": "MIT",
    "vpx": "BSD-3-Clause",
    "webp": "BSD-3-Clause",
    "webpdemux": "BSD-3-Clause",
    "webpmux": "BSD-3-Clause",
    "x264": "GPL-2.0-or-later",
    "x265": "GPL-2.0-or-later",
    "xcb": "MIT",
    "xcb-shape": "MIT",
    "xcb-shm": "MIT",
    "xcb-xfixes": "MIT",
    "zstd": "BSD-3-Clause OR GPL-2.0-only",
}
# What older metadata says in words of its own, and packages that this Python does not install.
SAID: Mapping[str, str] = {
    "Apache 2.0": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
NOT_HERE: Mapping[str, str] = {
    "audioop-lts": "PSF-2.0",  # needed from Python 3.13 on, so in the image
    "pillow-heif": "BSD-3-Clause",  # its wheel is GPL-2.0-or-later: LICENSES_bundled.txt in it
}
BUNDLED_NOT_HERE: Mapping[str, Mapping[str, str]] = {
    "pillow-heif": {"de265": "LGPL-3.0-or-later", "heif": "LGPL-3.0-or-later", "x265": "GPL-2.0-or-later"}
}

HEAD = """\
# Licences of what an image carries

Animate itself is under the [MIT licence](LICENSE). An image, or any other copy that you pass on together
with its packages, holds the works below too. Written by `deploy/licenses.py` from `requirements.lock` and
the installed wheels (Linux, x86-64); a test keeps it so. This is a list, not legal advice.

## What that means

* **Run it yourself**: nothing follows. None of these licences asks anything of who only runs a program.
* **Pass an image on** (a public registry counts): the strictest ones apply. PyAV's wheel holds FFmpeg
  linked with the encoders **x264 and x265, which are under the GPL**, version 2 or later. FFmpeg calls
  itself “LGPL version 3 or later”, as it was configured there without `--enable-gpl`; the libraries
  beside it make the combination one under the **GPL, version 3 or later**. So keep this file and the
  licences in the image, add no terms of your own, and offer the sources of exactly these versions for as
  long as you offer the image: of PyAV, of its FFmpeg, x264 and x265, and of the other libraries under the
  GPL or LGPL.
* **Where the texts are** in the image: `/opt/venv/lib/python3.13/site-packages/*.dist-info` (the
  packages'), `/usr/share/doc/*/copyright` (Debian's), `/usr/share/common-licenses` (GPL and LGPL). The
  SBOM that the release workflow attaches names packages and versions.
* **Patents** are another matter: H.264 and H.265 have patent pools of their own in some countries.
* **HEIC** (`pillow-heif`) is in an image only where it was built with `EXTRAS="heif"`; its wheel holds
  libheif (LGPL) and x265 (GPL).
* **pydantic-core and obstore** are written in Rust; the crates in them are under MIT, Apache-2.0 and other
  permissive licences (their `sboms` folders name them).
* **Beneath** lies the base image: Debian, and Python (PSF-2.0).
"""


def render() -> str:
    """The text of LICENSES.md. Raises KeyError, PackageNotFoundError where something is not known."""
    packages = dict(pinned_packages("requirements.lock"))
    lines = [HEAD, "## Packages\n", "| package | version | licence |", "|---|---|---|"]
    lines += [f"| {name} | {version} | {license_of(name)} |" for name, version in packages.items()]
    lines += ["", "## Libraries inside their wheels\n", "| library | in | licence |", "|---|---|---|"]
    lines += [f"| lib{name} | {package} | {LIBRARIES[name]} |" for name, package in sorted(bundled(packages))]
    lines += ["", "## Extras\n", "In an image only where it was built with them (`EXTRAS`).\n"]
    lines += ["| extra | package | version | licence | libraries in its wheel |", "|---|---|---|---|---|"]
    lines += [row for extra in EXTRAS for row in _extra_rows(extra)]
    return "\n".join(lines) + "\n"


def _extra_rows(extra: str) -> Iterator[str]:
    """A row for each package that an extra adds."""
    for name, version in pinned_packages(f"requirements-{extra}.lock"):
        found = dict(BUNDLED_NOT_HERE.get(name, {}))
        found |= {library: LIBRARIES[library] for library, _ in bundled([name])}
        libraries = ", ".join(f"lib{library} ({terms})" for library, terms in sorted(found.items()))
        yield f"| {extra} | {name} | {version} | {license_of(name)} | {libraries} |"


def pinned_packages(lock: str) -> Iterator[tuple[str, str]]:
    """Name and version of each package in a lock file."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    yield from re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)


def license_of(package: str) -> str:
    """The licence of an installed package as an SPDX expression. Raises KeyError, PackageNotFoundError."""
    if package in NOT_HERE:
        return NOT_HERE[package]
    metadata = importlib.metadata.metadata(package).json
    classifiers = [each for each in metadata.get("classifier", ()) if each.startswith("License ::")]
    said = [str(metadata.get("license_expression", "")), *classifiers, str(metadata.get("license", ""))]
    for each in said:
        if each in SAID or re.fullmatch(r"[\w.+-]+(?: (?:AND|OR|WITH) [\w.+-]+)*", each):
            return SAID.get(each, each)
    raise KeyError(f"{package}: {said}")


def bundled(packages: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The shared libraries that wheels bring in a folder beside them, each with its package."""
    for package in set(packages) - NOT_HERE.keys():
        for path in importlib.metadata.files(package) or ():
            if path.parts[0].endswith(".libs"):
                yield re.sub(r"^lib(.+?)-[0-9a-f]{8}\.so.*$", r"\1", path.name), package


if __name__ == "__main__":
    found = render()
    if "--check" not in sys.argv:
        TARGET.write_text(found, encoding="utf-8", newline="\n")
    is_current = TARGET.read_text(encoding="utf-8") == found
    sys.exit(0 if is_current else "LICENSES.md is not up to date: run deploy/licenses.py")
