"""Downloads of attachments: what is refused before and while reading."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest

import media
from cogs.actions.attachments import Attachments, refuse_by_metadata
from cogs.ui.submissions import Upload
from jobs.errors import Refusal
from playground.discord import model
from playground.playground import Playground
from tests.playground.small_bot import picture
from tests.sampling import one_in


def upload(**changes: object) -> Upload:
    values = {"url": "x", "size": 1, "width": 1, "height": 1, "content_type": "image/png", **changes}
    return Upload(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "code"),
    one_in(
        3,
        [
            ({"size": media.MAX_PICTURE_BYTES + 1}, "too_large"),
            ({"width": media.MAX_PICTURE_PIXELS, "height": 2}, "too_many_pixels"),
        ],
    ),
)
def test_what_the_metadata_show_is_refused_without_a_download(changes: dict[str, object], code: str) -> None:
    with pytest.raises(Refusal, match=code):
        refuse_by_metadata(upload(**changes))


@pytest.mark.parametrize("content_type", [None, "image/png", "image/heic", "text/plain"])
def test_bytes_decide_what_a_picture_is_whatever_its_type_says(content_type: str | None) -> None:
    refuse_by_metadata(upload(content_type=content_type, width=None))


@pytest.fixture
async def playground() -> AsyncGenerator[Playground]:
    async with Playground(comfyui=None) as opened:
        yield opened


@pytest.fixture
async def attachments(playground: Playground) -> AsyncGenerator[Attachments]:
    async with aiohttp.ClientSession() as session:
        yield Attachments(session, playground.discord.api_url)


async def attach(playground: Playground, data: bytes) -> str:
    file = await playground.state.store(model.Upload(filename="a.png", data=data), playground.channel.id)
    return playground.state.cdn.url(file)


async def test_a_picture_is_read_whole(playground: Playground, attachments: Attachments) -> None:
    assert await attachments.fetch(await attach(playground, picture())) == picture()


async def test_bytes_are_counted_and_looked_at_while_reading(
    playground: Playground, attachments: Attachments, monkeypatch: pytest.MonkeyPatch
) -> None:
    for data in (b"only words", b"\0\0\0\x18ftypisom" + bytes(3000), b"<html>" + bytes(3000)):
        with pytest.raises(Refusal, match="not_a_picture"):
            await attachments.fetch(await attach(playground, data))
    monkeypatch.setattr(media, "MAX_PICTURE_BYTES", 10)
    with pytest.raises(Refusal, match="too_large"):
        await attachments.fetch(await attach(playground, picture()))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://example.com/a.png", "not_from_discord"),
        ("http://cdn.discordapp.com/a.png", "not_from_discord"),
        ("/a.png", "not_from_discord"),
    ],
)
async def test_no_other_host_is_asked(attachments: Attachments, url: str, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        await attachments.fetch(url)


async def test_what_discord_does_not_serve_is_refused(
    playground: Playground, attachments: Attachments
) -> None:
    for url in (f"{playground.discord.origin}/attachments/1/2/a.png", await attach(playground, picture())):
        playground.discord.cut_before_processing("GET /attachments", times=2)
        with pytest.raises(Refusal, match="fetch"):
            await attachments.fetch(url)


@pytest.mark.parametrize(
    "header",
    [
        f"Content-Length: {'9' * 5000}",
        "Content-Length: -1",
        "Content-Length: \u0663",
        f"Content-Length: {2**63}",
        f"Content-Range: bytes 0-1/{'9' * 5000}",
        "Content-Encoding: gzip",
        "Transfer-Encoding: chunked",
    ],
)
async def test_senseless_headers_are_a_refusal(header: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n{header}\r\n\r\nno picture".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1") as server, aiohttp.ClientSession() as session:
        origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(Refusal, match=r"fetch|not_a_picture"):
            await Attachments(session, origin).fetch(f"{origin}/a.png")


@pytest.mark.parametrize(
    "url",
    ["//x", "//", "", "x", "http://", "http://[", "https://cdn.discordapp.com:99999/a", "\ud800", "data:,x"],
)
async def test_an_address_of_no_host_is_of_no_host_of_discord(attachments: Attachments, url: str) -> None:
    with pytest.raises(Refusal, match="not_from_discord"):
        await attachments.fetch(url)
