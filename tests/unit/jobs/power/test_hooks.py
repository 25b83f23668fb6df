"""Hooks: a real packet, a real request, a real process."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest
from aiohttp import web

from jobs.power import hooks
from jobs.power.hooks import Command, HookFailed, HttpRequest, MagicPacket, parse_hook, split_hooks

MAC = "aa:bb:CC:dd:ee:0f"


class Received(asyncio.DatagramProtocol):
    """Keeps the first packet."""

    def __init__(self) -> None:
        self.packet: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.packet.set_result(data)


async def test_a_magic_packet_holds_the_address_sixteen_times() -> None:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Received, local_addr=("127.0.0.1", 0))
    port: int = transport.get_extra_info("sockname")[1]
    await MagicPacket(mac=MAC, host="127.0.0.1", port=port).run()
    packet = await asyncio.wait_for(protocol.packet, 5)
    transport.close()
    assert packet == b"\xff" * 6 + bytes.fromhex("aabbccddee0f") * 16


async def test_a_magic_packet_that_cannot_be_sent() -> None:
    with pytest.raises(HookFailed, match="cannot be sent"):
        await MagicPacket(mac=MAC, host="no such host.invalid").run()


@pytest.mark.parametrize("status", [200, 503])
async def test_a_request_is_a_post_and_its_status_counts(status: int) -> None:
    asked: list[tuple[str, str, str]] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        asked.append((request.method, request.path_qs, request.headers.get("Authorization", "")))
        return web.Response(status=status)

    server = web.Server(answer)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        hook = parse_hook(f"http://me:word@127.0.0.1:{port}/start?key=1")
        assert hook
        if status == 200:
            await hook.run()
        else:
            with pytest.raises(HookFailed, match="status 503"):
                await hook.run()
    finally:
        listening.close()
        await server.shutdown()
    assert asked == [("POST", "/start?key=1", "Basic bWU6d29yZA==")]


async def test_a_request_that_nobody_answers_names_no_secret() -> None:
    with pytest.raises(HookFailed) as failed:
        await HttpRequest(url="http://me:secret@127.0.0.1:9/start?key=secret").run()
    assert "secret" not in str(failed.value)


async def test_a_command_gets_its_arguments_without_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    script = "import os,sys; open(sys.argv[1],'w').write(sys.argv[2] + os.environ.get('DISCORD_TOKEN', ''))"
    await Command(arguments=[sys.executable, "-c", script, str(tmp_path / "out"), "a; b $HOME"]).run()
    assert (tmp_path / "out").read_text() == "a; b $HOME"


async def test_a_command_that_fails_says_its_code_and_its_words() -> None:
    script = "import sys; print('no quota ' + 'x' * 100000); sys.exit(3)"
    with pytest.raises(HookFailed, match="code 3: no quota") as failed:
        await Command(arguments=[sys.executable, "-c", script]).run()
    assert len(str(failed.value)) < 2 * hooks.MAX_OUTPUT


async def test_a_command_that_is_gone() -> None:
    with pytest.raises(HookFailed, match="cannot be started"):
        await Command(arguments=["/no/such/program"]).run()


@pytest.mark.skipif(sys.platform == "win32", reason="kills a group of processes")
async def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    text = f"sleep 600 & echo $! > {pids}.part; mv {pids}.part {pids}; wait"
    hook = asyncio.create_task(Command(arguments=["sh", "-c", text]).run())
    async with asyncio.timeout(5):
        while not pids.exists():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)
    hook.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hook
    child, end = int(pids.read_text()), time.monotonic() + 5
    while _runs(child) and time.monotonic() < end:  # noqa: ASYNC110 - another process ends
        await asyncio.sleep(0.01)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform == "win32", reason="has no sh")
async def test_what_a_command_leaves_running_does_not_hold_it(tmp_path: Path) -> None:
    started = time.monotonic()
    await Command(arguments=["sh", "-c", f"sleep 30 & echo $! > {tmp_path / 'pid'}"]).run()
    assert time.monotonic() - started < 10
    os.kill(int((tmp_path / "pid").read_text()), 9)


def test_a_list_is_divided_outside_of_quotation_marks() -> None:
    assert split_hooks(f'{MAC}, none; sh -c "a, b; c" , https://x.org/y') == [
        MAC,
        "none",
        'sh -c "a, b; c"',
        "https://x.org/y",
    ]


def test_what_a_hook_is_is_seen_by_its_form() -> None:
    assert parse_hook("none") is None
    assert parse_hook(MAC) == MagicPacket(mac=MAC)
    assert parse_hook(f"{MAC}@10.0.0.255:7") == MagicPacket(mac=MAC, host="10.0.0.255", port=7)
    assert parse_hook("https://x.org/y?z=1") == HttpRequest(url="https://x.org/y?z=1")
    assert parse_hook(f"{sys.executable} -c 'a b'") == Command(arguments=[sys.executable, "-c", "a b"])


@pytest.mark.parametrize(
    "text", [f"{MAC}@h:99999", "https://", "no-such-program-here x", 'sh -c "a', "ftp://x/y"]
)
def test_what_is_no_hook_is_refused_with_the_fix(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_hook(text)
