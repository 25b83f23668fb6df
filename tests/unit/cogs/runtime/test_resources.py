"""What is opened at the start."""

from pathlib import Path

import pytest

import comfy
from cogs.runtime.resources import load_workflows, open_servers, server_name
from cogs.runtime.settings import DemoSettings
from tests.unit.cogs.bot_setup import BotSetup


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://gpu:8188", "gpu:8188"),
        ("https://ada:secret@gpu.example/comfy/", "gpu.example:443/comfy"),
    ],
)
def test_a_servers_name_has_no_credentials(url: str, name: str) -> None:
    assert server_name(url) == name


def test_an_owners_workflows_are_loaded_beside_the_built_in_ones(tmp_path: Path) -> None:
    assert load_workflows(DemoSettings()).keys() == comfy.load_workflows(comfy.BUILT_IN).keys()
    (tmp_path / "mine.toml").write_text("nothing = 1", encoding="utf-8")
    with pytest.raises(comfy.WorkflowInvalid):
        load_workflows(DemoSettings(workflows_dir=tmp_path))


async def test_each_address_of_the_settings_is_a_server_and_one_that_is_down_is_opened_too() -> None:
    settings = DemoSettings(comfyui_url=("http://127.0.0.1:9", "http://127.0.0.1:9/other"))
    async with open_servers(settings, "instance", load_workflows(settings)) as servers:
        assert [server.name for server in servers] == ["127.0.0.1:9", "127.0.0.1:9/other"]
        assert not any(server.reachable for server in servers)


async def test_the_context_of_every_cog_has_one_store_and_one_client(opened: BotSetup) -> None:
    resources, context = opened.application.resources, opened.context
    assert resources.context is context
    assert context.client.user
    assert await context.store.load()
    assert resources.worker
