"""What an address of blobs opens, and what a wrong one says at the start."""

from dataclasses import replace
from pathlib import Path

import pytest

from storage import BlobLocation, StoreError, open_blobs
from storage.blobs import s3
from storage.blobs.opening import folder_of
from storage.database import Database
from tests.s3_server import ACCESS, QUICK, SECRET, fails, s3_server
from tests.unit.storage.blobs.test_blobs import refuse_removal


def s3_location(folder: Path, *, name: str = "", access: str = ACCESS) -> BlobLocation:
    server = s3_server()
    bucket = server.bucket()
    url = f"s3://{name or bucket.name}/of/the/bot?endpoint={server.endpoint}&region=us-east-1"
    return BlobLocation(folder=folder, url=url, access_key=access, secret_key=SECRET)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "Timeouts", lambda: QUICK)


@pytest.mark.parametrize("kind", ["folder", "shared", "s3"])
async def test_each_address_keeps_pictures_where_it_says(
    database: Database, tmp_path: Path, kind: str
) -> None:
    shared = tmp_path / "a folder"
    shared.mkdir()
    location = BlobLocation(folder=tmp_path)
    if kind == "shared":
        location = replace(location, url=shared.as_uri())
    elif kind == "s3":
        location = s3_location(tmp_path)
    blobs = await open_blobs(location, database, owner="bot")
    name = await blobs.save_picture(b"pixels")
    assert await (await open_blobs(location, database, owner="bot")).read_picture(name) == b"pixels"
    assert (tmp_path / "pictures" / name).exists() == (kind == "folder")
    assert (shared / "pictures" / name).exists() == (kind == "shared")
    assert any(f"of/the/bot/pictures/{name}" in each for each in s3_server().requests) == (kind == "s3")


async def test_what_only_somebody_can_mend_ends_the_start_with_one_sentence(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    for location, words in (
        (s3_location(tmp_path, name="nowhere"), "there is no such bucket"),
        (s3_location(tmp_path, access="AKIAOTHER"), "the keys are refused"),
        (BlobLocation(folder=tmp_path, url=(tmp_path / "file").as_uri()), "cannot be used"),
        (BlobLocation(folder=tmp_path, url=(tmp_path / "nowhere").as_uri()), "cannot be used"),
    ):
        with pytest.raises(StoreError, match=f"BLOB_URL: .*{words}") as failure:
            await open_blobs(location, database, owner="bot")
        assert SECRET not in str(failure.value)
        assert SECRET not in repr(location)


async def test_another_bots_folder_is_refused(database: Database, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    location = BlobLocation(folder=tmp_path, url=(tmp_path / "shared").as_uri())
    await open_blobs(location, database, owner="bot")
    with pytest.raises(StoreError, match="belongs to another bot"):
        await open_blobs(location, database, owner="other")


async def test_without_the_extra_s3_it_says_how_to_get_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(StoreError, match="needs the extra s3"):
        await open_blobs(s3_location(tmp_path), database, owner="bot")


async def test_a_server_that_is_away_at_the_start_is_waited_for(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.blobs.blobs.RETRY_SECONDS", 0.01)
    location = s3_location(tmp_path)
    s3_server().fault = fails
    blobs = await open_blobs(location, database, owner="bot")
    assert "jobs wait until" in caplog.text
    s3_server().fault = None
    await blobs.answering()
    assert await blobs.save_picture(b"pixels")


async def test_what_a_kill_left_half_written_is_swept_and_what_cannot_be_is_told(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    half = tmp_path / "scratch" / "tmp1a2b" / "pass.mp4"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    await open_blobs(BlobLocation(folder=tmp_path), database, owner="bot")
    assert list((tmp_path / "scratch").iterdir()) == []
    (tmp_path / "scratch" / "held").write_bytes(b"half")
    refuse_removal(monkeypatch, "held")
    await open_blobs(BlobLocation(folder=tmp_path), database, owner="bot")
    assert "swept later" in caplog.text


@pytest.mark.parametrize(
    ("path", "folder"), [("/srv/a%20b/中文", "/srv/a b/中文"), ("/C:/srv/animate", "C:/srv/animate")]
)
def test_an_address_names_a_folder_of_either_system(path: str, folder: str) -> None:
    assert folder_of(path) == Path(folder)
