"""Hooks that wake or stop a GPU server: a magic packet, an HTTP request, or a command."""

import asyncio
import contextlib
import logging
import os
import re
import shlex
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Protocol

import aiohttp
from yarl import URL

log = logging.getLogger(__name__)

MAX_OUTPUT = 4000  # bytes of a command's output that go into the log
REQUEST_TIMEOUT = 30.0  # seconds
OWN_SECRETS = frozenset({"DISCORD_TOKEN", "COMFYUI_TOKEN", "PROXY"})  # not for the command's environment
MAC = re.compile(
    r"(?P<mac>(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2})(?:@(?P<host>[\w.-]+?)(?::(?P<port>\d+))?)?"
)
PARTS = re.compile(r"""(?:[^,，、;；'"]|"[^"]*"|'[^']*')+""")


class HookFailed(Exception):
    """A hook did not do its work; the text says why, without a secret."""


class Hook(Protocol):
    """Something that wakes or stops a server."""

    async def run(self) -> None:
        """Do it, once. Raises HookFailed. Cancelled, it leaves no process behind."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MagicPacket:
    """Wake-on-LAN: the MAC address sixteen times over, by UDP to `host`, by default everybody in the LAN."""

    mac: str
    host: str = "255.255.255.255"
    port: int = 9

    async def run(self) -> None:
        """Send the packet. Raises HookFailed."""
        try:
            await asyncio.to_thread(self._send)  # the name of a host may have to be resolved
        except OSError as err:
            raise HookFailed(f"the magic packet cannot be sent: {err.strerror or err}") from err

    def _send(self) -> None:
        address = bytes.fromhex(re.sub("[:-]", "", self.mac))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sender.sendto(b"\xff" * 6 + address * 16, (self.host, self.port))


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A POST without a body; name and password in the address are sent as basic authentication."""

    url: str

    async def run(self) -> None:
        """Send it, and read its status. Raises HookFailed."""
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.post(self.url) as answer:
                status = answer.status
        except TimeoutError as err:
            raise HookFailed(f"no answer within {REQUEST_TIMEOUT:.0f} s") from err
        except (aiohttp.ClientError, OSError, ValueError) as err:
            raise HookFailed(f"no answer: {type(err).__name__}") from err
        if status >= 400:
            raise HookFailed(f"answered with status {status}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program with its arguments, without a shell; what it writes goes into the log."""

    arguments: Sequence[str]

    async def run(self) -> None:
        """Run it to its end. Raises HookFailed where it does not exist or ends with another code than 0."""
        with tempfile.TemporaryFile() as output:  # a pipe would last as long as what it leaves running
            code = await self._end(output)
            output.seek(0)
            text = " ".join(output.read(MAX_OUTPUT).decode(errors="replace").split())
        if code:
            raise HookFailed(f"the command ended with code {code}" + (f": {text}" if text else ""))
        if text:
            log.info("the command says: %s", text)

    async def _end(self, output: IO[bytes]) -> int:
        """Run it to its end; its code. Raises HookFailed where it cannot be started."""
        environment = {key: value for key, value in os.environ.items() if key not in OWN_SECRETS}
        try:
            process = await asyncio.create_subprocess_exec(
                *self.arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        except OSError as err:
            raise HookFailed(f"the command cannot be started: {err.strerror or err}") from err
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                _kill(process)
                await process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill a process with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def split_hooks(text: str) -> list[str]:
    """The parts of a list of hooks: commas and semicolons between quotation marks belong to a command."""
    return [part.strip() for part in PARTS.findall(text) if part.strip()]


def parse_hook(text: str) -> Hook | None:
    """A MAC address, an address of HTTP, or a command; None for `none`. Raises ValueError."""
    text = text.strip()
    if text.casefold() in ("none", "-"):
        return None
    if found := MAC.fullmatch(text):
        port = int(found["port"] or 9)
        if not 0 < port < 65536:
            raise ValueError("the port behind the MAC address is a number from 1 to 65535")
        return MagicPacket(mac=found["mac"], host=found["host"] or "255.255.255.255", port=port)
    if re.match("https?://", text, re.IGNORECASE):
        return HttpRequest(url=_check_url(text))
    return Command(arguments=_parse_command(text))


def _check_url(text: str) -> str:
    try:
        host = URL(text).host
    except ValueError:
        host = None
    if not host or " " in text:
        raise ValueError("there is no host in it: write an address such as https://example.org/start")
    return text


def _parse_command(text: str) -> Sequence[str]:
    """Divide a command at its spaces, as a shell does; backslashes are kept, for the paths of Windows."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", ""
    try:
        arguments = list(lexer)
    except ValueError as err:
        raise ValueError("a quotation mark in the command is not closed") from err
    if not arguments or not shutil.which(arguments[0]):
        raise ValueError(
            f"there is no program {arguments[0][:80] if arguments else ''}: write a MAC address "
            "(aa:bb:cc:dd:ee:ff), an address that begins with http:// or https://, or a command with "
            "the program's whole path"
        )
    return arguments
