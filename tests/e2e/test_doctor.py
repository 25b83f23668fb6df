"""`python bot.py doctor`, the real process: what it says of servers and of Discord, and its exit code."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from playground.comfyui import ComfyUI
from playground.discord.permissions import Permission
from playground.playground import Playground
from tests.e2e.test_command_line import run


def withhold(playground: Playground, permission: Permission) -> None:
    """Take a permission from everybody in the guild."""
    everybody = playground.guild.roles[playground.guild.id]
    less = replace(everybody, permissions=everybody.permissions & ~permission)
    playground.state.change_guild(
        replace(playground.guild, roles={**playground.guild.roles, playground.guild.id: less})
    )


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
    async with Playground(comfyui={"speed": 50}) as playground:
        code, out = await doctor(tmp_path, "--run", **playground.environment())
        client_id = playground.bot_user.id

    assert code == 0, out
    assert "✗" not in out
    assert "✓ logged in as Animate" in out
    assert "✓ Playground: has all permissions that it needs" in out
    assert "✓ wan21_i2v made a clip" in out
    assert f"client_id={client_id}" in out
    assert out.splitlines()[-1] == "All that is needed is there."


@pytest.mark.long
async def test_a_dead_server_beside_a_good_one_is_named_with_what_to_do(tmp_path: Path) -> None:
    async with Playground() as playground:
        urls = f"{playground.environment()['COMFYUI_URL']},http://127.0.0.1:9"
        code, out = await doctor(tmp_path, **playground.environment() | {"COMFYUI_URL": urls})

    assert code == 0
    dead = out[out.index("ComfyUI at 127.0.0.1:9\n") :]
    assert "✗ does not answer" in dead
    assert "Start ComfyUI there" in dead
    assert out.splitlines()[-1] == "/animate works, but not everywhere: see ✗."


@pytest.mark.long
async def test_where_no_server_is_named_that_is_a_failure(tmp_path: Path) -> None:
    async with Playground(comfyui=None) as playground:
        code, out = await doctor(tmp_path, **playground.environment() | {"COMFYUI_URL": ","})

    assert code == 1
    assert out == ""


@pytest.mark.long
async def test_what_is_missing_is_told_with_pack_folder_and_name(tmp_path: Path) -> None:
    without = ["WanVideoSampler", "Wan2_1_VAE_bf16.safetensors"]
    async with Playground(comfyui={"without": without}) as playground:
        playground.state.leave(playground.guild, playground.bot_user.id)
        wrong = {"VAE_FILE": "nowhere/Wan2_1_VAE_bf32.safetensors"}
        lines = await findings(tmp_path, **playground.environment() | wrong)

    fixes = {line["text"]: line["fix"] for line in lines if not line["ok"]}
    assert "ComfyUI-WanVideoWrapper" in fixes["lacks the node WanVideoSampler"]
    assert "ComfyUI/models/vae" in fixes["lacks Wan2_1_VAE_bf32.safetensors"]
    assert "There is: Wan2_1_VAE_bf16.safetensors." in fixes["lacks Wan2_1_VAE_bf32.safetensors"]
    assert "it is in no guild yet" in fixes


@pytest.mark.long
async def test_permissions_that_are_missing_are_told_by_name_and_guild(tmp_path: Path) -> None:
    async with Playground() as playground:
        withhold(playground, Permission.ATTACH_FILES)
        playground.state.join(playground.state.add_guild("Ours"), playground.bot_user.id)
        lines = await findings(tmp_path, **playground.environment())

    texts = {line["text"]: line for line in lines if line["check"] == "permissions"}
    assert texts.keys() == {
        "Playground: lacks Attach Files",
        "Ours: has all permissions that it needs",
    }
    assert texts["Playground: lacks Attach Files"]["needed"]


async def test_a_token_that_discord_refuses_is_told_and_never_shown(tmp_path: Path) -> None:
    async with Playground() as playground:
        code, out = await doctor(tmp_path, **playground.environment() | {"DISCORD_TOKEN": "wrong.one.here"})

    assert code == 1
    assert "✗ Discord refuses the DISCORD_TOKEN" in out
    assert "wrong.one.here" not in out


@pytest.mark.long
async def test_without_a_token_it_still_examines_the_servers(tmp_path: Path) -> None:
    async with ComfyUI() as comfyui:
        code, out = await doctor(tmp_path, COMFYUI_URL=comfyui.url)

    assert code == 1
    assert "✗ there is no DISCORD_TOKEN" in out
    assert "✓ can run the workflow wan21_i2v" in out
