"""The options of `demo`, checked before anything is started: what cannot be is one sentence."""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import aiohttp
from pydantic import SecretStr
from yarl import URL

from cli.errors import CommandFailed
from cogs.runtime.setting_values import clean, read_address, read_token, split_list

DEFAULT_PORT = 8420
SAMPLE_PROMPT = "The boat rocks gently on the waves while the evening sun glitters on the water"
REACH_SECONDS = 15.0  # for a ComfyUI that is asked whether it is there


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `demo` to a parser."""
    parser.add_argument(
        "--comfyui", type=_address, metavar="URL", help="a real ComfyUI instead of the built-in one"
    )
    parser.add_argument("--port", type=_port, metavar="N", help=f"where the page is served ({DEFAULT_PORT})")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="keep database, pictures and clips there (a new folder)"
    )
    parser.add_argument("--once", action="store_true", help="one /animate without a browser, then exit")
    parser.add_argument("--image", type=Path, metavar="FILE", help="with --once: the picture (else a sample)")
    parser.add_argument(
        "--prompt", default=SAMPLE_PROMPT, metavar="TEXT", help="with --once: what should move"
    )
    parser.add_argument("--reroll", action="store_true", help="with --once: react with 🔁 and save that too")
    parser.add_argument("--out", type=Path, default=Path("clips"), metavar="DIR", help="with --once (clips)")
    parser.add_argument("--json", action="store_true", help="with --once: a JSON object as the last line")


def _address(text: str) -> str:
    try:
        return read_address(clean(text), "http://127.0.0.1:8188")
    except ValueError as err:
        raise argparse.ArgumentTypeError(str(err)) from err


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is no port: a number from 1 to 65535, or 0 for any")
    return int(text)


def demo_tokens() -> Sequence[SecretStr]:
    """The tokens of COMFYUI_TOKEN. Raises CommandFailed."""
    try:
        return [
            SecretStr(read_token(each, "Bearer")) for each in split_list(os.environ.get("COMFYUI_TOKEN", ""))
        ]
    except ValueError as err:
        raise CommandFailed(f"COMFYUI_TOKEN: {err}", 2) from err


async def check_once(options: argparse.Namespace, tokens: Sequence[SecretStr]) -> None:
    """Check what `--once` needs: a folder to write to, and the ComfyUI. Raises CommandFailed."""
    await asyncio.to_thread(_check_folder, options.out)
    if options.comfyui:
        await _check_comfyui(options.comfyui, tokens)


def read_picture(path: Path) -> bytes:
    """The bytes of `--image`. Raises CommandFailed."""
    try:
        return path.read_bytes()
    except OSError as err:
        raise CommandFailed(f"--image {path} cannot be read: {err.strerror or err}", 2) from err


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as err:
        raise CommandFailed(
            f"--out {folder}: nothing can be written there: {err.strerror or err}", 2
        ) from err


async def _check_comfyui(url: str, tokens: Sequence[SecretStr]) -> None:
    """Ask a ComfyUI whether it is there: a job would wait for it for a day. Raises CommandFailed."""
    address = URL(url.rstrip("/") + "/system_stats")
    headers = {"Authorization": f"Bearer {tokens[0].get_secret_value()}"} if tokens else {}
    timeout = aiohttp.ClientTimeout(total=REACH_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(address) as answer,
        ):
            status, ok = answer.status, answer.ok and "json" in answer.content_type
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as err:
        why = "it did not answer in time" if isinstance(err, TimeoutError) else "nothing answers there"
        raise CommandFailed(f"--comfyui {url}: {why}. Is ComfyUI started, with --listen?", 1) from err
    if status in (401, 403):
        raise CommandFailed(
            f"--comfyui {url} wants a password: set COMFYUI_TOKEN, or put it into the address", 2
        )
    if not ok:
        raise CommandFailed(f"--comfyui {url}: what answers there is no ComfyUI (HTTP {status})", 2)
