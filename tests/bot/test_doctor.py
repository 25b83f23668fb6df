"""`python bot.py doctor`, the real process: what it says of servers and of Discord, and its exit code."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from cogs.client import PERMISSIONS
from playground.comfyui import ComfyUI
from tests.bot.test_command_line import run

TOKEN = "MTIz.GhIjKl.doctor"  # noqa: S105 - made up
BOT = {"id": "123", "username": "Animate", "discriminator": "0", "avatar": None, "bot": True}
APPLICATION = {
    "id": "123",
    "name": "Animate",
    "icon": None,
    "description": "",
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "0" * 64,
    "flags": 0,
    "owner": {**BOT, "bot": False},
    "team": None,
}


@asynccontextmanager
async def discord(*guilds: Mapping[str, object]) -> AsyncGenerator[str]:
    """What of Discord's REST API a bot needs to learn where it is; yields its address."""

    async def answer(request: web.Request) -> web.Response:
        if request.path != "/gateway" and request.headers.get("Authorization") != f"Bot {TOKEN}":
            return as_discord({"message": "401: Unauthorized", "code": 0}, status=401)
        return as_discord(pages[request.path])

    pages: Mapping[str, object] = {
        "/gateway": {"url": "ws://127.0.0.1:9"},
        "/users/@me": BOT,
        "/oauth2/applications/@me": APPLICATION,
        "/users/@me/guilds": list(guilds),
    }
    app = web.Application()
    for path in pages:
        app.router.add_get(path, answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/")).rstrip("/")


def as_discord(content: object, status: int = 200) -> web.Response:
    """Without a charset: discord.py takes anything else for text."""
    return web.Response(body=json.dumps(content).encode(), status=status, content_type="application/json")


def guild(name: str, permissions: int) -> Mapping[str, object]:
    return {"id": "1", "name": name, "permissions": str(permissions), "features": []}


async def doctor(folder: Path, *options: str, **settings: str) -> tuple[int, str]:
    """Its exit code and what it printed."""
    code, out, err = await run(folder, "doctor", *options, PYTHONUTF8="1", **settings)
    assert "Traceback" not in err, err
    return code, out


async def findings(folder: Path, *options: str, **settings: str) -> list[Mapping[str, Any]]:
    """What `--json` tells, in one list."""
    _, out = await doctor(folder, "--json", *options, **settings)
    return [line for section in json.loads(out)["sections"] for line in section["lines"]]


async def test_where_all_is_well_it_makes_a_clip_and_exits_with_0(tmp_path: Path) -> None:
    async with ComfyUI(speed=50) as comfyui, discord(guild("Studio", PERMISSIONS.value)) as api:
        settings = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_URL": api, "COMFYUI_URL": comfyui.url}
        code, out = await doctor(tmp_path, "--run", **settings)

    assert code == 0, out
    assert "✗" not in out
    assert "✓ logged in as Animate" in out
    assert "✓ Studio: has all permissions that it needs" in out
    assert "✓ wan21_i2v made a clip" in out
    assert "client_id=123" in out
    assert out.splitlines()[-1] == "All that is needed is there."


async def test_a_dead_server_beside_a_good_one_is_named_with_what_to_do(tmp_path: Path) -> None:
    async with ComfyUI() as comfyui, discord(guild("Studio", PERMISSIONS.value)) as api:
        urls = f"{comfyui.url},http://127.0.0.1:9"
        code, out = await doctor(tmp_path, DISCORD_TOKEN=TOKEN, DISCORD_API_URL=api, COMFYUI_URL=urls)

    assert code == 1
    dead = out[out.index("ComfyUI at 127.0.0.1:9\n") :]
    assert "✗ does not answer" in dead
    assert "Start ComfyUI there" in dead
    assert out.splitlines()[-1].startswith("Something would fail")


async def test_what_is_missing_is_told_with_pack_folder_and_name(tmp_path: Path) -> None:
    without = ["WanVideoSampler", "Wan2_1_VAE_bf16.safetensors"]
    async with ComfyUI(without=without) as comfyui, discord() as api:
        lines = await findings(
            tmp_path,
            DISCORD_TOKEN=TOKEN,
            DISCORD_API_URL=api,
            COMFYUI_URL=comfyui.url,
            VAE_FILE="nowhere/Wan2_1_VAE_bf32.safetensors",
        )

    fixes = {line["text"]: line["fix"] for line in lines if not line["ok"]}
    assert "ComfyUI-WanVideoWrapper" in fixes["lacks the node WanVideoSampler"]
    assert "ComfyUI/models/vae" in fixes["lacks Wan2_1_VAE_bf32.safetensors"]
    assert "There is: Wan2_1_VAE_bf16.safetensors." in fixes["lacks Wan2_1_VAE_bf32.safetensors"]
    assert "it is in no guild yet" in fixes


async def test_permissions_that_are_missing_are_told_by_name_and_guild(tmp_path: Path) -> None:
    granted = PERMISSIONS.value & ~(1 << 15)  # ATTACH_FILES
    async with ComfyUI() as comfyui, discord(guild("Studio", granted), guild("Ours", 8)) as api:
        settings = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_URL": api, "COMFYUI_URL": comfyui.url}
        lines = await findings(tmp_path, **settings)

    texts = {line["text"]: line for line in lines if line["check"] == "permissions"}
    assert texts.keys() == {
        "Studio: lacks Attach Files",
        "Ours: has all permissions that it needs",
    }
    assert texts["Studio: lacks Attach Files"]["needed"]


async def test_a_token_that_discord_refuses_is_told_and_never_shown(tmp_path: Path) -> None:
    async with ComfyUI() as comfyui, discord() as api:
        settings = {"DISCORD_TOKEN": "wrong.one.here", "DISCORD_API_URL": api, "COMFYUI_URL": comfyui.url}
        code, out = await doctor(tmp_path, **settings)

    assert code == 1
    assert "✗ Discord refuses the DISCORD_TOKEN" in out
    assert "wrong.one.here" not in out


async def test_without_a_token_it_still_examines_the_servers(tmp_path: Path) -> None:
    async with ComfyUI() as comfyui:
        code, out = await doctor(tmp_path, COMFYUI_URL=comfyui.url)

    assert code == 1
    assert "✗ there is no DISCORD_TOKEN" in out
    assert "✓ can run the workflow wan21_i2v" in out
