"""What the doctor tries with BLOB_URL: what a key or a folder does not allow, each with its fix."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cogs.runtime.doctor.stores import check_blobs
from storage import BlobLocation
from storage.blobs.trial import Step, try_blobs
from tests.s3_server import (
    ACCESS,
    REFUSED,
    SECRET,
    Application,
    Environment,
    S3Server,
    StartResponse,
    answer,
    s3_server,
)


@pytest.fixture
def server() -> Iterator[S3Server]:
    yield s3_server()
    s3_server().fault = None


@pytest.fixture
def location(server: S3Server, tmp_path: Path) -> BlobLocation:
    bucket = server.bucket()
    url = f"s3://{bucket.name}/pictures?endpoint={bucket.endpoint}"
    return BlobLocation(folder=tmp_path, url=url, access_key=ACCESS, secret_key=SECRET)


def refuse(server: S3Server, methods: Collection[str]) -> None:
    """Let the server refuse every request of these methods; many objects are deleted by one POST."""

    def fault(application: Application, environment: Environment, start: StartResponse) -> Iterable[bytes]:
        if environment["REQUEST_METHOD"] in methods:
            return answer(start, "403 Forbidden", REFUSED)
        return application(environment, start)

    server.fault = fault


async def test_the_own_folder_is_looked_at_elsewhere(tmp_path: Path) -> None:
    assert await check_blobs(BlobLocation(folder=tmp_path), "bot") == ()


async def test_a_bucket_that_can_be_used_is_well_and_stays_as_it_was(location: BlobLocation) -> None:
    [line] = await check_blobs(location, "bot")
    assert line.ok
    assert await try_blobs(location, "bot") is None


async def test_a_shared_folder_is_tried_too(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    [line] = await check_blobs(BlobLocation(folder=tmp_path, url=shared.as_uri()), "bot")
    assert line.ok
    assert [path.name for path in shared.rglob("*") if "doctor" in path.name] == []


async def test_a_shared_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    [line] = await check_blobs(BlobLocation(folder=tmp_path, url=(tmp_path / "gone").as_uri()), "bot")
    assert line.failed


@pytest.mark.parametrize(
    ("methods", "step", "needed"),
    [
        (["PUT"], Step.WRITE, True),
        (["GET"], Step.READ, True),
        (["DELETE", "POST"], Step.REMOVE, False),
    ],
)
async def test_what_a_key_may_not_do_is_told(
    location: BlobLocation, server: S3Server, methods: Collection[str], step: Step, needed: bool
) -> None:
    """Without deleting clips are made all the same; what people delete stays."""
    refuse(server, methods)
    failure = await try_blobs(location, "")
    assert failure
    assert failure.step is step
    [line] = await check_blobs(location, "")
    assert (line.ok, line.needed) == (False, needed)
    assert line.fix


async def test_wrong_keys_and_a_missing_bucket_are_told_without_the_secret(location: BlobLocation) -> None:
    for wrong in (
        replace(location, access_key="another"),
        replace(location, url=location.url.replace("s3://", "s3://no-such-")),
    ):
        [line] = await check_blobs(wrong, "bot")
        assert line.failed
        assert SECRET not in line.text


async def test_the_bucket_of_another_bot_is_told(location: BlobLocation) -> None:
    assert await try_blobs(location, "bot") is None
    [line] = await check_blobs(location, "another bot")
    assert line.failed
    assert "two bots need" in line.fix
