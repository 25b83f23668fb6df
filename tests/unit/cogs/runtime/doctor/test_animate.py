"""The doctor's exit code and `/animate` agree, over a table of broken and sound servers and settings."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.doctor import options_of
from cogs.runtime.app import open_application
from cogs.runtime.doctor.animate import check_animate
from cogs.runtime.doctor.doctor import run_checks
from cogs.runtime.doctor.report import Report
from cogs.runtime.settings import DemoSettings, Settings
from comfy import BUILT_IN
from media.sample import sample_picture
from playground.comfyui import ComfyUI
from playground.discord.model import Overwrite
from playground.discord.permissions import Permission
from playground.errors import PlaygroundError
from playground.playground import Playground
from storage import StoreError
from tests.sampling import one_in

log = logging.getLogger(__name__)

DEAD = "http://127.0.0.1:9"
PACK = ("WanVideoSampler", "WanVideoDecode", "KSampler")


@dataclass(frozen=True)
class Case:
    """What is broken. `works`: whether somebody who uses `/animate` gets a clip all the same."""

    works: bool
    without: Sequence[str] = ()
    urls: Sequence[str] = ("SERVER",)
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    token: str = ""
    workflow: int | None = None
    prepare: Callable[[ComfyUI], object] = id


CASES = {
    "all is well": Case(works=True),
    "a dead server alone": Case(works=False, urls=(DEAD,)),
    "a dead server beside a good one": Case(works=True, urls=(DEAD, "SERVER")),
    "the packs are missing": Case(works=False, without=PACK),
    "a model that no server has": Case(works=True, settings={"lora_file": "none.safetensors"}),
    "no model at all": Case(works=False, settings={"vae_file": "x.pt"}, without=("KSampler",)),
    "an attention that is not offered": Case(works=False, settings={"attention": "x"}, without=("KSampler",)),
    "a token that is refused": Case(works=False, token="right", settings={"comfyui_token": ("wrong",)}),
    "a token that is accepted": Case(works=True, token="right", settings={"comfyui_token": ("right",)}),
    "allowed guilds that do not exist": Case(works=False, settings={"allowed_guilds": {7}}),
    "allowed channels that do not exist": Case(works=False, settings={"allowed_channels": {7}}),
    "allowed roles that do not exist": Case(works=False, settings={"allowed_roles": {7}}),
    "a server that ignores our ids": Case(works=False, prepare=ComfyUI.ignore_prompt_id),
    "a preferred workflow that ComfyUI refuses": Case(works=False, workflow=1),
    "another workflow that ComfyUI refuses": Case(works=True, workflow=99),
    "role weights for nobody": Case(works=True, settings={"role_weights": {7: 2.0}}),
}


@contextlib.asynccontextmanager
async def broken(case: Case, folder: Path) -> AsyncGenerator[tuple[Playground, Settings]]:
    """A playground of that case, and the settings of a bot in it."""
    comfyui = {"without": case.without, "speed": 200, "token": case.token or None}
    async with Playground(comfyui=comfyui) as playground:
        url = playground.comfyui.url
        case.prepare(playground.comfyui)
        if case.workflow is not None:
            write_refused_workflow(folder, case.workflow)
        settings = DemoSettings.model_validate(
            {
                "discord_token": SecretStr(playground.state.token),
                "discord_api_url": playground.discord.api_url,
                "comfyui_url": tuple(url if each == "SERVER" else each for each in case.urls),
                "data_dir": folder / "data",
                "workflows_dir": folder if case.workflow else None,
                **case.settings,
            }
        )
        yield playground, settings


def write_refused_workflow(folder: Path, priority: int) -> None:
    """An owner's workflow of a model of its own, with a scheduler that ComfyUI does not know."""
    graph = json.loads((BUILT_IN / "wan21_i2v.json").read_text(encoding="utf-8"))
    graph["52"]["inputs"]["scheduler"] = "of my own"
    manifest = (BUILT_IN / "wan21_i2v.toml").read_text(encoding="utf-8")
    manifest = manifest.replace('family = "wan21_i2v"', 'family = "mine"')
    manifest = manifest.replace("priority = 10", f"priority = {priority}")
    (folder / "mine.json").write_text(json.dumps(graph), encoding="utf-8")
    (folder / "mine.toml").write_text(manifest, encoding="utf-8")


async def examine(settings: Settings) -> Report:
    """The doctor's report."""
    return await run_checks(await options_of(settings, run=False))


@pytest.mark.parametrize("case", one_in(4, CASES.values(), names=[*CASES]))
async def test_the_exit_code_is_0_exactly_where_animate_makes_a_clip(case: Case, tmp_path: Path) -> None:
    async with broken(case, tmp_path) as (_, settings):
        report = await examine(settings)

    assert report.exit_code == (0 if case.works else 1), [line for line in report.lines if not line.ok]
    if case.works:
        assert [line.text for line in report.lines if line.check == "animate" and line.ok]


@pytest.mark.long
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_animate_itself_agrees_with_that(case: Case, tmp_path: Path) -> None:
    async with broken(case, tmp_path) as (playground, settings):
        patience = 60.0 if case.works else 5.0
        try:
            made = await makes_a_clip(playground, settings, patience)
        except StoreError:
            made = False
        assert made is case.works


async def test_a_channel_where_it_cannot_attach_is_named_and_is_a_failure_where_it_is_the_only_one(
    tmp_path: Path,
) -> None:
    async with broken(Case(works=True), tmp_path) as (playground, settings):
        other = playground.state.add_channel(playground.guild, "clips")
        everybody, mute = playground.guild.id, Overwrite(deny=Permission.SEND_MESSAGES)
        playground.state.set_permissions(other, everybody, Overwrite(deny=Permission.ATTACH_FILES))
        one = await examine(settings)
        playground.state.set_permissions(playground.channel, everybody, mute)
        every = await examine(settings)

    (line,) = [each for each in one.lines if each.check == "channels"]
    assert line.text == "Playground: cannot post clips in #clips (lacks Attach Files)"
    assert (one.exit_code, line.needed) == (0, False)
    assert every.exit_code == 1


async def makes_a_clip(playground: Playground, settings: Settings, patience: float) -> bool:
    """Whether somebody who uses `/animate` gets a clip from a bot with these settings."""
    stop = asyncio.Event()
    async with open_application(settings) as application, asyncio.TaskGroup() as tasks:
        tasks.create_task(application.run(stop), name="application")
        try:
            await playground.bot_online()
            job = await playground.member("ada").animate(sample_picture(), "she smiles")
            await job.video(timeout=patience)
        except PlaygroundError as err:
            log.info("no clip: %s", err)
            return False
        finally:
            stop.set()
    return True


async def test_what_animate_would_take_is_said(tmp_path: Path) -> None:
    async with broken(CASES["all is well"], tmp_path) as (_, settings):
        line = await check_animate(settings)

    assert (line.ok, line.text) == (True, "/animate would take the preset turbo and wan21_i2v_lightx2v")


async def test_a_broken_workflow_is_named_and_fails_while_animate_still_works(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('extends = "wan21_i2v"\ncolour = 1', encoding="utf-8")
    async with broken(Case(works=False, settings={"workflows_dir": tmp_path}), tmp_path) as (_, settings):
        report = await examine(settings)

    lines = {line.check: line for line in report.lines}
    assert lines["left_out"].text == "mine is not offered: mine.toml: key: colour is not known"
    assert lines["left_out"].failed
    assert lines["animate"].ok
    assert report.exit_code == 1
