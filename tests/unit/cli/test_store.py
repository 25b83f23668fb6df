"""`python bot.py store migrate`: which databases are meant, and what is said in the end."""

import json
from pathlib import Path

import pytest

from cli.errors import CommandFailed
from cli.main import parse_arguments
from cli.store import read_target, store
from cogs.runtime.settings import Settings
from storage import DatabaseLocation, open_store
from tests.unit.storage.requests import admit, make_request


@pytest.fixture
async def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a bot whose database has two jobs."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DISCORD_TOKEN", "token")
    found = Settings()
    async with open_store(found.database()) as opened:
        await admit(opened, make_request("one"))
        await admit(opened, make_request("two", user=2))
    return found


@pytest.mark.parametrize("written", ["new", "./new/", "file:///tmp/new"])
def test_a_folder_means_sqlite(written: str) -> None:
    assert read_target(written) == DatabaseLocation(
        folder=Path("/tmp/new" if "://" in written else "new").absolute()  # noqa: S108 - never opened
    )


def test_an_address_means_postgresql() -> None:
    assert read_target("postgres://a@b/c").url == "postgresql://a@b/c"


@pytest.mark.parametrize(
    "written", ["mysql://a@b/c", "postgresql://a:secret@b", "postgresql://a:secret@b:x/c"]
)
def test_another_address_is_refused_without_its_password(written: str) -> None:
    with pytest.raises(CommandFailed, match="postgresql://") as caught:
        read_target(written)
    assert "secret" not in str(caught.value)
    assert caught.value.code == 2


async def test_it_says_what_was_moved_and_what_to_do_next(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "new")
    assert await store(parse_arguments(["store", "migrate", "--to", target]), settings) == 0
    said = capsys.readouterr().out
    assert "2 of job" in said
    assert "remove DATABASE_URL" in said
    async with open_store(DatabaseLocation(folder=tmp_path / "new")) as moved:
        assert len(await moved.unfinished(10)) == 2


async def test_as_json_it_is_one_object(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = parse_arguments(["store", "migrate", "--json", "--to", str(tmp_path / "new")])
    assert await store(arguments, settings) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["rows"]["job"] == 2
    assert facts["resumed"] is False


async def test_the_database_of_the_settings_is_no_target(settings: Settings, tmp_path: Path) -> None:
    arguments = parse_arguments(["store", "migrate", "--to", str(tmp_path / "data")])
    with pytest.raises(CommandFailed, match="already"):
        await store(arguments, settings)
