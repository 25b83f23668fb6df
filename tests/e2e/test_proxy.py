"""The real process behind an HTTP proxy: all of Discord goes through it, ComfyUI does not."""

import asyncio
from pathlib import Path

import aiohttp

from playground.playground import Playground
from tests.e2e.process import running_bot
from tests.e2e.test_secrets import found_in
from tests.http_proxy import open_proxy

HOST = "discord.invalid"  # a name that only the proxy knows, so there is no other way
PASSWORD = "canary/of:a@proxy"  # noqa: S105 - of nobody
WRITTEN = "canary%2Fof%3Aa%40proxy"


async def test_all_of_discord_goes_through_the_proxy_and_comfyui_does_not(
    tmp_path: Path, picture: bytes
) -> None:
    async with (
        open_proxy(known={HOST: "127.0.0.1"}) as proxy,
        Playground(comfyui={"speed": 50}, patience=4, host=HOST) as playground,
    ):
        settings = {"PROXY": f"http://ada:{WRITTEN}@127.0.0.1:{proxy.port}", "LOG_LEVEL": "DEBUG"}
        async with running_bot(playground, tmp_path, **settings) as bot:
            job = await playground.member().animate(picture, "it moves", seconds=1)
            await job.video()
            await job.says("Done")
            assert await bot.terminate() == 0
        assert await asyncio.to_thread(found_in, tmp_path, PASSWORD, WRITTEN) == []
    origin = playground.discord.origin
    assert all(each.split(" ")[1].startswith(origin) for each in proxy.opened), proxy.opened
    ways = {each.split(" ")[1].removeprefix(origin).split("/")[1] for each in proxy.opened}
    assert ways - {"gateway"} == {"api", "ephemeral-attachments"}  # the gateway may get a connection of REST
    assert playground.comfyui.gpu_runs
    assert proxy.authorizations == {aiohttp.encode_basic_auth("ada", PASSWORD)}
