"""What is offered is listed, checked, shown and removed."""

import builtins
import json
import shutil
from pathlib import Path

import pytest

from cli.errors import CommandFailed
from cli.workflow import with_server
from tests.unit.cli.workflow_setup import DATA, GRAPH, NOWHERE, able_comfyui, names_in, run, settings_for

NAME = GRAPH.stem


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "workflows"
    folder.mkdir()
    shutil.copy(GRAPH, folder)
    shutil.copy(DATA / "manifests" / f"{NAME}.toml", folder)
    return folder


async def test_all_are_listed_with_what_they_take_and_where_they_can_run(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "bad.toml").write_text("x = 1", "utf-8")
    async with able_comfyui() as comfyui:
        settings = settings_for(tmp_path, comfyui.url, NOWHERE)
        assert await run(settings, "list") == 0
        lines = capsys.readouterr().out.splitlines()
        assert await run(settings, "list", "--json") == 0
        told = json.loads(capsys.readouterr().out)
    assert lines[0].split() == ["name", "title", "from", "takes", "gives", "servers"]
    (line,) = [each for each in lines if each.startswith(NAME)]
    assert "own" in line
    assert "picture, words" in line
    assert comfyui.url.removeprefix("http://") in line
    assert any(each.startswith("Not offered: bad: ") for each in lines)
    by_name = {each["name"]: each for each in told["workflows"]}
    assert by_name["wan21_i2v"]["origin"] == "built in"
    assert by_name[NAME]["servers"] == [comfyui.url.removeprefix("http://")]
    assert [each["name"] for each in told["invalid"]] == ["bad"]


@pytest.mark.long
async def test_one_is_checked_and_run(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with able_comfyui() as comfyui:
        settings = settings_for(tmp_path, comfyui.url)
        assert await run(settings, "check", NAME, "--run", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(clip).name for clip in told["clips"]] == [f"{NAME}.mp4"]
    checks = [line["check"] for section in told["sections"] for line in section["lines"]]
    assert checks[-1] == "promise"

    assert await run(settings_for(tmp_path, NOWHERE), "check", NAME) == 1
    assert "does not answer" in capsys.readouterr().out


async def test_one_is_shown_with_its_places_and_rules(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(settings_for(tmp_path, NOWHERE), "show", NAME) == 0
    shown = capsys.readouterr().out
    for name in ("value", "image", "prompt", "steps", "rule", "gives", "range of frames"):
        assert any(line.startswith(name) for line in shown.splitlines()), name
    assert await run(settings_for(tmp_path, NOWHERE), "show", NAME, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["inputs"]["image"]
    assert told["origin"] == "own"


@pytest.mark.parametrize("action", ["show", "check"])
async def test_a_name_that_is_not_offered_is_answered_with_why(
    own: Path, tmp_path: Path, action: str
) -> None:
    (own / "bad.toml").write_text("x = 1", "utf-8")
    settings = settings_for(tmp_path, NOWHERE)
    with pytest.raises(CommandFailed, match=r"bad is not offered: .*bad\.json"):
        await run(settings, action, "bad")
    with pytest.raises(CommandFailed, match="there is no workflow other; there are"):
        await run(settings, action, "other")


async def test_only_own_ones_are_removed_and_only_when_somebody_says_so(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "heir.toml").write_text(f'extends = "{NAME}"', "utf-8")
    settings = settings_for(tmp_path, NOWHERE)
    for name, told in (
        ("wan21_i2v", 'is built in and stays; .* extends = "wan21_i2v"'),
        ("nothing", "there is no workflow nothing"),
        (NAME.upper(), f"did you mean {NAME}"),
        (NAME, "without --yes. heir would no longer be offered"),
    ):
        with pytest.raises(CommandFailed, match=told):
            await run(settings, "remove", name)
    assert len(names_in(own)) == 3

    assert await run(settings, "remove", NAME, "--yes") == 0
    assert names_in(own) == ["heir.toml"]
    assert "Removed:" in capsys.readouterr().out


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 0), ("", 1, 2)])
async def test_on_a_terminal_somebody_is_asked_before_anything_is_removed(
    own: Path, tmp_path: Path, answer: str, code: int, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.workflow.is_terminal", lambda: True)
    monkeypatch.setattr(builtins, "input", lambda _: answer)
    assert await run(settings_for(tmp_path, NOWHERE), "remove", NAME) == code
    assert len(names_in(own)) == left


def test_another_server_gets_no_token_of_the_settings(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, NOWHERE, comfyui_token=())
    assert with_server(settings, None) is settings
    known = settings.model_copy(update={"comfyui_token": ("secret",)})
    other = with_server(known, "http://elsewhere:8188")
    assert (other.comfyui_url, other.comfyui_token) == (("http://elsewhere:8188",), ())
