"""Servers are not believed: no redirect is followed, floods are left, answers are bounded."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from comfy import BadAnswer, ComfyError, ServerUnreachable, TooLarge
from comfy.protocol import transport as transport_module
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.session import MAX_READ_BYTES
from comfy.protocol.transport import HttpResponse, Transport
from comfy.server.connect import open_transport
from playground.comfyui import attacks
from playground.comfyui.hostile import HostileComfyUI

TOKEN = "a-token-of-nobody-else"  # noqa: S105 - of this test only


@pytest.fixture
async def hostile() -> AsyncIterator[HostileComfyUI]:
    async with HostileComfyUI() as hostile:
        yield hostile


@pytest.fixture
async def transport(hostile: HostileComfyUI) -> AsyncIterator[Transport]:
    async with open_transport(hostile.url, name="gpu", token=TOKEN) as transport:
        yield transport


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed_and_no_token_goes_elsewhere(
    hostile: HostileComfyUI, transport: Transport, status: int
):
    async with HostileComfyUI() as elsewhere:
        hostile.attacks[""] = attacks.redirect(f"{elsewhere.url}/ws?clientId=me", status)
        with pytest.raises(BadAnswer, match=f"HTTP {status}"):
            async with transport.websocket("me"):
                pass
        for request in (transport.get("queue"), transport.post("upload/image", data=b"")):
            with pytest.raises(BadAnswer, match=f"HTTP {status}"):
                isinstance(answer := await request, HttpResponse) and answer.json()
        assert elsewhere.heads == []
    assert all(TOKEN.encode() in head for head in hostile.heads)


async def test_a_websocket_of_a_session_that_others_opened_follows_none_either(hostile: HostileComfyUI):
    async with (
        HostileComfyUI() as elsewhere,
        aiohttp.ClientSession(headers={"Authorization": TOKEN}) as session,
    ):
        hostile.attacks["/ws"] = attacks.redirect(f"{elsewhere.url}/ws")
        with pytest.raises(BadAnswer):
            async with Transport(session, hostile.url, name="gpu").websocket("me"):
                pass
        assert elsewhere.heads == []
    assert TOKEN.encode() in hostile.heads[0]


@pytest.mark.parametrize(
    "frame", ["", None, "x" * 100, bytes(2**15)], ids=["empty", "ping", "text", "binary"]
)
async def test_a_websocket_that_never_stops_sending_is_left_at_once(
    hostile: HostileComfyUI, transport: Transport, frame: str | bytes | None
):
    hostile.attacks["/ws"] = attacks.flood(frame)
    async with asyncio.timeout(5):
        async with transport.websocket("me") as socket:
            await socket.receive()
            began = time.monotonic()
        assert time.monotonic() - began < 1


async def test_a_handshake_without_an_end_is_given_up(
    hostile: HostileComfyUI, transport: Transport, monkeypatch: pytest.MonkeyPatch
):
    async def silent(head: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(transport_module, "HANDSHAKE_TIMEOUT", 0.05)
    hostile.attacks["/ws"] = silent
    with pytest.raises(ServerUnreachable, match="timed out"):
        async with transport.websocket("me"):
            pass


@pytest.mark.parametrize(
    ("path", "limit"), [("system_stats", 2**20), ("queue", 8 * 2**20), ("object_info", 16 * 2**20)]
)
async def test_an_endless_answer_is_read_to_the_limit_of_its_endpoint(
    hostile: HostileComfyUI, transport: Transport, path: str, limit: int
):
    hostile.attacks[f"/{path}"] = attacks.endless(b"[" * 2**16)
    endpoints = Endpoints(transport, owner="me")
    requests = {
        "system_stats": endpoints.system_stats,
        "queue": endpoints.queue,
        "object_info": lambda: endpoints.node_classes(["LoadImage"]),
    }
    with pytest.raises(TooLarge) as raised:
        await requests[path]()
    assert raised.value.limit == limit


async def test_what_is_compressed_is_not_read(hostile: HostileComfyUI, transport: Transport):
    hostile.attacks["/queue"] = attacks.compressed(2**23)
    with pytest.raises(BadAnswer, match="compressed"):
        await transport.get("queue")
    assert b"Accept-Encoding: identity" in hostile.heads[0]


async def test_a_slow_answer_ends_with_the_time_of_the_request(hostile: HostileComfyUI, transport: Transport):
    hostile.attacks["/queue"] = attacks.slow(0.01)
    with pytest.raises(ServerUnreachable, match="timed out"):
        await transport.get("queue", aiohttp.ClientTimeout(total=0.1))


@pytest.mark.parametrize(
    "head", [b"x" * 2**16, b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 10000, b"\x1b[2J\r\n\r\n"]
)
async def test_a_head_that_is_none_is_an_error_of_ours(
    hostile: HostileComfyUI, transport: Transport, head: bytes
):
    async def attack(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head + b"\r\n\r\n")
        await writer.drain()

    hostile.attacks[""] = attack
    with pytest.raises(ComfyError):
        await transport.get("queue")
    with pytest.raises(ComfyError):
        async with transport.websocket("me"):
            pass


async def test_one_read_is_small(hostile: HostileComfyUI, transport: Transport):
    hostile.attacks["/view"] = attacks.endless(b"x" * 2**20)
    async with transport.request("GET", "view") as response:
        sizes = [len(await response.content.readany()) for _ in range(50)]
        response.close()
    assert min(sizes) <= MAX_READ_BYTES
