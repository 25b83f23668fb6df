"""Addresses of a database and of a blob store, a worker's name: taken, or refused with the fix."""

import pytest
from pydantic import SecretStr

from cogs.runtime.fleet_values import (
    database_secrets,
    read_blob_url,
    read_database_url,
    read_worker_name,
)
from cogs.runtime.settings import Settings


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://animate@db/animate",
        "postgresql://animate:p%40ss@[::1]:5432/animate?sslmode=require",
        "postgresql:///animate?host=/var/run/postgresql",
        "postgresql://animate@first:5432,[::2]:5433/animate?target_session_attrs=read-write",
    ],
)
def test_an_address_of_a_database_is_taken(text: str) -> None:
    assert read_database_url(text) == text


def test_the_other_name_of_the_scheme_is_written_as_the_usual_one() -> None:
    assert read_database_url("postgres://db/animate") == "postgresql://db/animate"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mysql://db/animate", "postgresql://"),
        ("db/animate", "postgresql://"),
        ("postgresql://db", "names no database"),
        ("postgresql://animate:p@ss/word:1@db:x/animate", "%40"),
        ("postgresql://animate:p@ss@[db/animate", "%40"),
        ("postgresql://animate:p@ss\u2100@db/animate", "%40"),
    ],
)
def test_another_address_is_refused_without_its_password(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        read_database_url(text)
    assert "p@ss" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["file:///srv/animate", "s3://bucket", "s3://bucket/a/b?endpoint=https://s3.example.org&region=eu"],
)
def test_an_address_of_blobs_is_taken(text: str) -> None:
    assert read_blob_url(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/srv/animate", "file:///srv/animate"),
        ("file://srv/animate", "file:///srv/animate"),
        ("s3://key:secret@bucket", "AWS_ACCESS_KEY_ID"),
        ("s3://bucket?acl=public", "endpoint="),
        ("s3://", "s3://bucket"),
        ("http://[", "s3://bucket"),
    ],
)
def test_another_address_of_blobs_is_refused_with_the_fix(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        read_blob_url(text)
    assert "secret" not in str(refused.value).replace("AWS_SECRET", "")


def test_a_workers_name_fits_into_a_line() -> None:
    assert read_worker_name("gpu-1.example_org") == "gpu-1.example_org"
    for text in ("gpu 1", "a/b", "x" * 61, "a\n"):
        with pytest.raises(ValueError, match="letters"):
            read_worker_name(text)


def test_the_secrets_of_a_database_are_its_passwords_and_not_its_user() -> None:
    assert {*database_secrets("postgresql://animate:p%40ss@a:1,b:2/animate")} == {"p%40ss", "p@ss"}
    assert "s e" in database_secrets("postgresql://db/animate?user=ada&password=s%20e")
    settings = Settings(database_url=SecretStr("postgresql://animate@db/animate"))
    assert "animate" not in settings.secrets()
    settings = Settings(database_url=SecretStr("postgresql://db/animate?password=hunter2"))
    assert "hunter2" in settings.secrets()
