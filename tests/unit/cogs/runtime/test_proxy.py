"""The proxy to Discord: which one, what of it is refused, and what is said where it fails."""

import logging

import pytest
from pydantic import SecretStr

from cogs.runtime.doctor.discord_checks import check_discord
from cogs.runtime.proxy import environment_proxies, find_proxy, log, read_proxy
from cogs.runtime.settings import DemoSettings, Settings
from tests.http_proxy import open_proxy

API = "https://discord.com/api/v10"
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
ENVIRONMENT = "http://of-environment:1"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:7890", "http://127.0.0.1:7890"),
        ("http://proxy:3128/", "http://proxy:3128/"),
        ("http://ada:p%40ss@[::1]:81", "http://ada:p%40ss@[::1]:81"),
        ("https://proxy:8443", "https://proxy:8443"),
    ],
)
def test_an_address_of_a_proxy_may_lack_its_scheme(text: str, address: str) -> None:
    assert read_proxy(text) == address


@pytest.mark.parametrize(
    "text",
    ["socks5://h:1080", "ftp://h:1", "http://", "http://u:pa#ss@h:1", "http://u:1/2@h:1", "http://h:99999"],
)
def test_what_is_no_http_proxy_is_refused_without_telling_its_password(text: str) -> None:
    with pytest.raises(ValueError, match=r"http://127\.0\.0\.1:7890") as refused:
        read_proxy(text)
    assert "pa#ss" not in str(refused.value)
    assert ("SOCKS" in str(refused.value)) == text.startswith("socks")


@pytest.mark.parametrize(
    ("environment", "api", "expected"),
    [
        ({}, API, None),
        ({"HTTPS_PROXY": ENVIRONMENT}, API, ENVIRONMENT),
        ({"https_proxy": "of-environment:1"}, API, ENVIRONMENT),
        ({"ALL_PROXY": ENVIRONMENT}, API, ENVIRONMENT),
        ({"ALL_PROXY": "http://other:1", "HTTPS_PROXY": ENVIRONMENT}, API, ENVIRONMENT),
        ({"HTTP_PROXY": ENVIRONMENT}, API, None),
        ({"HTTP_PROXY": ENVIRONMENT}, "http://rest-proxy:80/api", ENVIRONMENT),
        ({"HTTPS_PROXY": ENVIRONMENT, "NO_PROXY": "localhost,.discord.com"}, API, None),
        ({"HTTPS_PROXY": ENVIRONMENT, "NO_PROXY": "*"}, API, None),
        ({"HTTPS_PROXY": ENVIRONMENT, "NO_PROXY": "gpu-box"}, API, ENVIRONMENT),
        ({"HTTP_PROXY": ENVIRONMENT}, "http://127.0.0.1:8420/api", None),
        ({"HTTP_PROXY": ENVIRONMENT}, "http://localhost:8420/api", None),
    ],
)
def test_without_the_setting_the_environment_counts_but_never_for_this_machine(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], api: str, expected: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert find_proxy("", api) == expected
    assert find_proxy("http://of-setting:1", api) == "http://of-setting:1"


def test_a_proxy_of_the_environment_that_is_of_no_use_is_left_out_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://ada:secret@h:1080")
    monkeypatch.setattr(
        log, "disabled", False
    )  # import-linter, which another test runs, disables all there are
    with caplog.at_level(logging.WARNING):
        assert find_proxy("", API) is None
    assert "SOCKS is not supported" in caplog.text
    assert "secret" not in caplog.text


def test_passwords_of_all_proxies_are_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXY", "http://ada:p%40ss@h:1")
    monkeypatch.setenv("ALL_PROXY", "socks5://ada:of-environment@h:1")
    monkeypatch.setenv("HTTP_PROXY", "http://h:99999")
    assert environment_proxies() == ["socks5://ada:of-environment@h:1"]
    settings = Settings()
    assert {"p@ss", "p%40ss", "of-environment"} <= set(settings.secrets())
    assert settings.discord_proxy() == "http://ada:p%40ss@h:1"
    assert "ss@h" not in repr(settings)


@pytest.mark.parametrize(("status", "words"), [(407, "name and password"), (502, "HTTP 502")])
async def test_the_doctor_looks_through_the_proxy_by_connect_and_says_when_it_is_to_blame(
    status: int, words: str
) -> None:
    async with open_proxy(refuse=status) as proxy:
        said = await doctors_words(proxy.port)
        assert words in said
        assert set(proxy.opened) == {"CONNECT discord.invalid:443"}
    assert f"no proxy answers at 127.0.0.1:{proxy.port}" in await doctors_words(proxy.port)


async def doctors_words(port: int) -> str:
    """What the doctor says of a Discord that cannot be reached through the proxy at that port."""
    api_url, proxy = "https://discord.invalid/api/v10", f"http://127.0.0.1:{port}"
    settings = DemoSettings(discord_api_url=api_url, proxy=SecretStr(proxy))
    [line] = await check_discord("any", api_url, settings)
    assert line.check == "reachable"
    return line.text
