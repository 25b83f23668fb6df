"""The names of servers, and what their prompts are marked with, in one process and in several."""

import uuid

import pytest
from pydantic import SecretStr

from cogs.runtime.processes.compute_servers import client_id, owner_of, server_name
from cogs.runtime.settings import DemoSettings

ALONE = DemoSettings()
FLEET = DemoSettings(database_url=SecretStr("postgresql://db/animate"))
URL = "http://127.0.0.1:8188"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8188",
        "http://127.3.2.1:8188",
        "http://localhost:8188",
        "http://LOCALHOST:8188",
        "http://gpu.localhost:8188",
        "http://[::1]:8188",
        "http://[::ffff:127.0.0.1]:8188",
        "http://0.0.0.0:8188",
        "http://host.docker.internal:8188",
    ],
)
def test_an_address_that_every_machine_has_is_named_by_its_machine(url: str) -> None:
    assert server_name(url, "attic") == "attic:8188"
    assert server_name(url).endswith(":8188")
    assert "attic" not in server_name(url)


@pytest.mark.parametrize("host", ["gpu.lan", "192.168.1.5", "10.0.0.1"])
def test_any_other_address_is_its_own_name(host: str) -> None:
    assert server_name(f"http://user:secret@{host}:8188/prefix/", "attic") == f"{host}:8188/prefix"


def test_two_processes_of_a_fleet_have_two_ids_and_one_mark() -> None:
    one, two = (client_id(FLEET, "instance", name, URL) for name in ("ada", "bob"))
    assert one != two
    assert client_id(FLEET, "instance", "ada", URL) == one
    assert owner_of(FLEET, "instance", URL) == owner_of(FLEET, "instance", "http://gpu.lan:8188")
    assert owner_of(FLEET, "instance", URL) != owner_of(FLEET, "another", URL)


def test_a_process_alone_is_marked_as_ever() -> None:
    mark = str(uuid.uuid5(uuid.NAMESPACE_URL, f"instance {URL}"))
    assert client_id(ALONE, "instance", "bob", URL) == mark == owner_of(ALONE, "instance", URL)
