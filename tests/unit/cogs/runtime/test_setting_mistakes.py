"""All mistakes of all settings at once, in words of our own."""

import os
from pathlib import Path

import pytest

from cogs.runtime import env_file
from cogs.runtime.setting_mistakes import SettingsUnusable, read_settings
from cogs.runtime.settings import AuthorSettings, Settings


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env_file, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in set(os.environ) & {name.upper() for name in Settings.model_fields}:
        monkeypatch.delenv(name)


def mistakes(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsUnusable) as refused:
        read_settings()
    return str(refused.value)


def test_every_mistake_is_told_at_once_and_in_no_words_of_python(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = {
        "COMFYUI_URL": "gpu:8188, http://b:99999",
        "DISCORD_TOKEN": "se cret",
        "MAX_QUEUED_PER_USER": "many",
        "MAX_RUNNING_PER_GUILD": "1.5",
        "KEEP_DAYS": "inf",
        "COOLDOWN": "-1",
        "GPU_SECONDS_PER_USER": "1e400",
        "LONGEST_WAIT_HOURS": "24h",
        "BOOSTER_WEIGHT": "9",
        "BACKUPS": "-1",
        "PREVIEWS": "maybe",
        "ON_DELETE": "keep",
        "LOG_LEVEL": "loud",
        "ALLOWED_GUILDS": "mine",
        "ROLE_WEIGHTS": "1:9",
        "WORKFLOWS_DIR": str(tmp_path / "nowhere"),
        "DISCORD_API_URL": "discord.com",
    }
    told = mistakes(monkeypatch, **wrong)
    assert [name for name in wrong if f"\n  {name}: " not in told] == []
    assert "se cret" not in told
    for words in ("Input", "should be", "validation", "Error", "pydantic", "literal", "None"):
        assert words not in told
    assert "deliver or drop" in told
    assert "true or false" in told


def test_names_that_are_almost_right_are_asked_about(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "DISCORD_TOKKEN=x\nALLOWED_GUILD=1\nLogLevel=info\nCOMPOSE_PROJECT_NAME=x\n"
    )
    told = mistakes(monkeypatch, COMFYUI_URLS="http://a", COMFYUI_TOKENS="x", BACKUP="x", DATA_DIRS="x")
    for near in ("DISCORD_TOKEN", "ALLOWED_GUILDS", "COMFYUI_URL", "COMFYUI_TOKEN", "DATA_DIR", "LOG_LEVEL"):
        assert f"Did you mean {near}?" in told
    assert "COMPOSE" not in told
    assert "BACKUP:" not in told  # a word that other programs use


@pytest.mark.parametrize("value", ["none", "", "None", "off"])
def test_none_or_nothing_turns_a_limit_off(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    for name in ("MAX_QUEUED_PER_USER", "LONGEST_WAIT_HOURS", "LONGEST_RUN_MINUTES", "COOLDOWN"):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KEEP_DAYS", "")
    settings, warnings = read_settings()
    assert (settings.limits().queued_per_person, settings.limits().longest_wait) == (None, None)
    assert (settings.longest_run_minutes, settings.keep_days) == (None, 365)
    assert warnings == []


def test_quotes_and_spaces_around_values_are_no_part_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DISCORD_TOKEN": '"Bot a.b.c"\n',
        "COMFYUI_URL": "\"http://a:1\", 'http://b:1' ",
        "PREVIEWS": " 'false' ",
        "MAX_QUEUED_PER_USER": ' "3" ',
    }.items():
        monkeypatch.setenv(name, value)
    settings, _ = read_settings()
    assert settings.discord_token.get_secret_value() == "a.b.c"
    assert settings.comfyui_url == ("http://a:1", "http://b:1")
    assert (settings.previews, settings.max_queued_per_user) == (False, 3)


def test_what_is_used_from_the_current_folder_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(env_file, "ROOT", tmp_path / "bot")
    (tmp_path / ".env").write_text("DATA_DIR=mine\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "animate.db").write_bytes(b"")
    settings, warnings = read_settings()
    assert settings.data_dir == tmp_path / "mine"
    assert [str(tmp_path / name) in warning for name, warning in zip((".env", "mine"), warnings, strict=True)]


def test_a_file_that_cannot_be_read_is_one_mistake_among_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKEN\x00")
    assert "UTF-8" in mistakes(monkeypatch, COMFYUI_URLS="x")


def test_whoever_adds_a_workflow_may_name_a_folder_that_is_made_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WORKFLOWS_DIR", "new")
    settings, _ = read_settings(AuthorSettings)
    assert settings.workflows_dir == tmp_path / "new"
    (tmp_path / "file").touch()
    monkeypatch.setenv("WORKFLOWS_DIR", "file")
    with pytest.raises(SettingsUnusable, match="is a file: name a folder"):
        read_settings(AuthorSettings)
