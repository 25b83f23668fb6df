"""Requests are limited, and every network error is one of ours."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from comfy import BadAnswer, ServerFault, ServerUnreachable, TokenRefused, TooLarge
from comfy.protocol import transport as transport_module
from comfy.protocol.transport import HttpResponse, Transport
from playground.comfyui import ComfyUI


async def answer(request: web.Request) -> web.Response:
    """The status that the path says, with the body sent or else an empty object."""
    body = await request.read() or b"{}"
    return web.Response(status=int(request.match_info["status"]), body=body)


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_str(request.query["clientId"])
    await socket.close()
    return socket


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    app = web.Application()
    app.router.add_get("/ws", echo)
    app.router.add_route("*", "/{status:[0-9]+}", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield Transport(session, str(server.make_url("/")), name="gpu")


async def test_json_is_sent_and_parsed(transport: Transport):
    assert await transport.get("200") == {}
    assert await transport.post("200", json={"a": 1}) == HttpResponse(status=200, body=b'{"a": 1}')
    assert (await transport.post("200", json=[1])).json() == [1]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, TokenRefused),
        (403, TokenRefused),
        (429, ServerUnreachable),
        *[(status, ServerFault) for status in (500, 501, 502, 503, 504, *range(520, 528), 530)],
        (307, BadAnswer),
    ],
)
async def test_a_status_is_an_error_of_ours(transport: Transport, status: int, error: type[Exception]):
    with pytest.raises(error):
        await transport.get(str(status))


async def test_a_body_that_is_no_json_is_a_bad_answer(transport: Transport):
    with pytest.raises(BadAnswer, match="not JSON"):
        (await transport.post("200", data=b"<html>")).json()


async def test_a_body_over_the_limit_is_not_read(transport: Transport, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(transport_module, "MAX_RESPONSE_BYTES", 10)

    with pytest.raises(TooLarge):
        await transport.post("200", data=b"x" * 11)


async def test_a_response_can_be_read_in_parts(transport: Transport):
    async with transport.request("POST", "206", data=b"part") as response:
        assert (response.status, await response.read()) == (206, b"part")


async def test_a_websocket_carries_the_client_id(transport: Transport):
    async with transport.websocket("me") as socket:
        assert (await socket.receive()).data == "me"


@pytest.mark.parametrize(
    ("url", "error", "reason"),
    [("http://127.0.0.1:9", ServerUnreachable, "refused"), ("nonsense", BadAnswer, "no URL")],
)
async def test_an_address_without_a_server_is_an_error_of_ours(url: str, error: type[Exception], reason: str):
    async with aiohttp.ClientSession() as session:
        transport = Transport(session, url, name="gpu")
        with pytest.raises(error, match=reason):
            await transport.get("queue")
        with pytest.raises(error, match=reason):
            async with transport.websocket("me"):
                pass


async def test_a_refused_token_is_reported_whichever_request_meets_it():
    async with ComfyUI(token="secret") as comfyui, aiohttp.ClientSession() as session:
        transport, told = Transport(session, comfyui.url, name="gpu"), list[TokenRefused]()
        transport.on_token_refused(told.append)
        for request in (transport.get("queue"), transport.post("queue", json={})):
            with pytest.raises(TokenRefused):
                await request
        assert len(told) == 2
