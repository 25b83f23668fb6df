"""What is opened at the start."""

from pathlib import Path

import pytest
from pydantic import SecretStr

import comfy
from cogs.runtime.processes.compute_servers import open_servers, server_name
from cogs.runtime.resources import open_resources, open_workflows
from cogs.runtime.settings import DemoSettings, own_workflows
from storage import StoreError
from tests.s3_server import ACCESS, SECRET, s3_server
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


async def test_an_owners_workflows_are_loaded_beside_the_built_in_ones_without_wrong_ones(
    tmp_path: Path,
) -> None:
    built_in = comfy.load_workflows(comfy.BUILT_IN).keys()
    (tmp_path / "mine.toml").write_text("nothing = 1", encoding="utf-8")
    async with open_workflows(DemoSettings(workflows_dir=tmp_path)) as workflows:
        assert workflows.keys() == built_in
        assert [err.workflow for err in workflows.invalid] == ["mine"]
    extending = 'extends = "wan21_i2v"\nfamily = "mine"'
    (tmp_path / "mine.toml").write_text(extending, encoding="utf-8")
    async with open_workflows(DemoSettings(workflows_dir=tmp_path)) as workflows:
        assert workflows.keys() == {*built_in, "mine"}
        assert workflows.invalid == ()


async def test_without_the_setting_a_folder_of_the_data_holds_the_owners_workflows(tmp_path: Path) -> None:
    settings = DemoSettings(data_dir=tmp_path / "data")
    async with open_workflows(settings) as workflows:
        assert workflows.invalid == ()
    own_workflows(settings).mkdir(parents=True)
    (own_workflows(settings) / "mine.toml").write_text('extends = "wan21_i2v"', encoding="utf-8")
    async with open_workflows(settings) as workflows:
        assert "mine" in workflows


async def test_each_address_of_the_settings_is_a_server_and_one_that_is_down_is_opened_too() -> None:
    settings = DemoSettings(comfyui_url=("http://127.0.0.1:9", "http://127.0.0.1:9/other"))
    async with (
        open_workflows(settings) as workflows,
        open_servers(settings, "instance", workflows) as servers,
    ):
        assert [server.name for server in servers] == ["127.0.0.1:9", "127.0.0.1:9/other"]
        assert not any(server.reachable for server in servers)


async def test_the_context_of_every_cog_has_one_store_and_one_client(opened: BotSetup) -> None:
    resources, context = opened.application.resources, opened.context
    assert resources.context is context
    assert context.client.user
    assert await context.store.load()
    assert resources.worker


async def test_a_bucket_that_is_missing_is_told_before_anybody_else_is_asked(tmp_path: Path) -> None:
    bucket = s3_server().bucket()
    settings = DemoSettings(
        data_dir=tmp_path,
        discord_api_url="http://127.0.0.1:9",
        blob_url=f"s3://nowhere/bot?endpoint={bucket.endpoint}",
        aws_access_key_id=SecretStr(ACCESS),
        aws_secret_access_key=SecretStr(SECRET),
    )
    with pytest.raises(StoreError, match="BLOB_URL: s3://nowhere/bot: there is no such bucket"):
        async with open_resources(settings):
            pass
