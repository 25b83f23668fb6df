"""The settings: how the environment is read, and what is refused."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

import storage
from cogs.runtime.settings import DemoSettings, Settings
from jobs.power.hooks import HttpRequest, MagicPacket
from jobs.requester import Actor, QueueShare


def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **environment: str) -> Settings:
    monkeypatch.chdir(tmp_path)  # no .env
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_lists_are_comma_separated_and_weights_belong_to_roles(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = read(
        monkeypatch,
        tmp_path,
        COMFYUI_URL="http://a:1, http://b:2",
        COMFYUI_TOKEN="one,two",
        ALLOWED_GUILDS="1, 2,",
        BLOCKED_USERS="3",
        ROLE_WEIGHTS="10:1.5, 11:3",
        BLOCKED_WORDS="gore",
        DISCORD_TOKEN="secret",
        LOG_LEVEL="debug",
        LONGEST_WAIT_HOURS="2",
        KEEP_DAYS="3",
        MODEL_FILE="m.safetensors",
        MODEL_ORDER="ltx23, wan22_5b",
        WORKFLOW_VALUES="wan21_i2v.block_swap = 20，wan22_5b.weight_dtype=fp8_e4m3fn",
    )
    assert settings.comfyui_url == ("http://a:1", "http://b:2")
    assert [settings.token_of(number) for number in range(3)] == ["one", "two", "two"]
    assert settings.secrets() == ["secret", "one", "two"]
    assert (settings.access_policy().guilds, settings.access_policy().blocked) == ({1, 2}, {3})
    actor = Actor(id=1, bot=False, roles=frozenset({10, 11}), booster=True)
    assert settings.share_policy().of(actor) == QueueShare(weight=3, head_start=120)
    assert settings.log_level == "DEBUG"
    assert settings.limits().longest_wait == 7200
    assert settings.limits().blocked_words == storage.BLOCKED_WORDS | {"gore"}
    assert settings.retention().rows == 3
    assert settings.model_files().model == "m.safetensors"
    assert settings.model_order == ("ltx23", "wan22_5b")
    values = {"wan21_i2v.block_swap": "20", "wan22_5b.weight_dtype": "fp8_e4m3fn"}
    assert settings.workflow_values == values


def test_without_an_environment_everything_has_a_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = read(monkeypatch, tmp_path)
    assert settings.token_of(0) is None
    assert settings.limits().longest_wait == 24 * 3600
    assert settings.access_policy().guilds == frozenset()


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"ROLE_WEIGHTS": "1:9"}, "from 1 to 4"),
        ({"WORKFLOW_VALUES": "block_swap=20"}, "such as wan21_i2v.block_swap=20"),
        (
            {"WORKFLOW_VALUES": "wan21_i2v.block_swap=20, wan22_5b.weight_dtype"},
            "wan22_5b.weight_dtype: write",
        ),
        ({"ROLE_WEIGHTS": "some"}, "ROLE_WEIGHTS"),
        ({"LOG_LEVEL": "loud"}, "must be DEBUG"),
        ({"COMFYUI_URL": "http://a:b@gpu", "COMFYUI_TOKEN": "t"}, "a request takes one"),
        ({"ALLOWED_GUILDS": "mine"}, "ALLOWED_GUILDS"),
        ({"PRIVACY_URL": "example.org/privacy"}, "so write http://example.org/privacy"),
        ({"TERMS_URL": f"https://example.org/{'x' * 512}"}, "at most 512 characters"),
        ({"COMFYUI_WAKE": "no-such-program x"}, "there is no program no-such-program"),
        ({"COMFYUI_WAKE": "none, none"}, "more of them than servers"),
        ({"COMFYUI_SLEEP": "aa:bb:cc:dd:ee:ff"}, "only wakes"),
        ({"QUIET_HOURS": "at night"}, "such as 23:00-07:00"),
        ({"TIMEZONE": "Mars/Olympus"}, "no such time zone"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValidationError) as error:
        read(monkeypatch, tmp_path, **environment)
    assert sentence.casefold() in str(error.value).casefold()


def test_each_server_has_the_hooks_of_its_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = read(
        monkeypatch,
        tmp_path,
        COMFYUI_URL="http://a:1,http://b:2,http://c:3",
        COMFYUI_WAKE="none, AA:BB:CC:DD:EE:FF",
        COMFYUI_SLEEP="http://me:word@x/off",
        COMFYUI_SLEEP_MINUTES="5",
        QUIET_HOURS="23:00-07:00",
        TIMEZONE="Europe/Berlin",
    )
    plans = settings.power_plans(["a:1", "b:2", "c:3"])
    assert plans.keys() == {"a:1", "b:2"}
    assert plans["b:2"].wake == MagicPacket(mac="AA:BB:CC:DD:EE:FF")
    assert (plans["a:1"].sleep, plans["a:1"].sleep_after) == (HttpRequest(url="http://me:word@x/off"), 300)
    assert settings.quiet().hours == [(23 * 60, 7 * 60)]
    assert "http://me:word@x/off" in settings.secrets()


def test_a_limit_of_strangers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = read(monkeypatch, tmp_path, HOME_GUILDS="1, 2", STRANGERS_DAILY_GPU_SECONDS="600")
    limits = settings.limits()
    assert (limits.gpu_seconds_of_strangers, limits.home_guilds) == (600, {1, 2})
    assert settings.retention().left_guilds == 30


def test_the_demo_ignores_what_is_set_for_the_real_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_GUILDS", "1")
    monkeypatch.setenv("DISCORD_TOKEN", "real")
    settings = DemoSettings(discord_token=SecretStr("demo"))
    assert settings.secrets() == ["demo"]
    assert settings.access_policy().guilds == frozenset()


def test_the_links_that_privacy_shows_are_those_that_were_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert read(monkeypatch, tmp_path).documents() == {}
    settings = read(monkeypatch, tmp_path, TERMS_URL="https://example.org/terms")
    assert settings.documents() == {"button_terms": "https://example.org/terms"}
