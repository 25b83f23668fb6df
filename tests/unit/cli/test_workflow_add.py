"""From a file to an offered workflow, against a ComfyUI in this process."""

import builtins
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import comfy
from cli.errors import CommandFailed
from cli.workflow_add import answer_questions, choose_name, title_of
from comfy.authoring.api_format import parse_api
from playground.comfyui import ComfyUI
from tests.playground.video_files import read_video
from tests.unit.cli.workflow_setup import (
    GRAPH,
    NOWHERE,
    able_comfyui,
    names_in,
    place,
    run,
    run_really,
    sampled,
    settings_for,
    traced_as,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(GRAPH, tmp_path / "my graph.json"))


def frames_in(clip: Path) -> int:
    return read_video(clip.read_bytes()).frames


@pytest.mark.long
async def test_it_is_written_checked_run_once_and_its_clip_kept(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "data" / "trials" / "my_graph.mp4"
    nodes = len(parse_api(json.loads(GRAPH.read_text("utf-8"))).nodes)
    async with able_comfyui() as comfyui:
        settings = settings_for(tmp_path, comfyui.url)
        code = await run(settings, "add", str(file))
        runs = sampled(comfyui)

    out = capsys.readouterr().out
    assert (code, runs) == (0, 1), out
    offered = comfy.read_workflows(tmp_path / "workflows")
    assert list(offered.workflows) == ["my_graph"]
    assert offered.workflows["my_graph"].title == {"en": "my graph"}
    assert offered.invalid == ()
    assert f"{nodes} nodes; the node classes are those of 127.0.0.1" in out
    assert "✓ my_graph made a clip" in out
    assert "✓ the clip is as promised: 41 frames, 16 fps, 624×368, no sound" in out
    assert f"The clip is kept for a look: {clip}" in out
    assert out.splitlines()[-1].endswith("nothing to restart.")
    assert frames_in(clip) == 41


async def test_without_a_server_the_files_stay_and_it_is_said(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = await run(settings_for(tmp_path, NOWHERE), "add", str(file), "--name", "mine", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (code, told["ok"], told["name"], told["clips"]) == (1, False, "mine", [])
    assert names_in(tmp_path / "workflows") == ["mine.json", "mine.toml"]
    assert told["found"]["image"]["how"] == "as published"


async def test_what_a_server_lacks_is_named_and_nothing_is_run(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with ComfyUI(without=["VHS_VideoCombine"]) as comfyui:
        code = await run(settings_for(tmp_path, NOWHERE), "add", str(file), "--server", comfyui.url)
        assert sampled(comfyui) == 0
    out = capsys.readouterr().out
    assert code == 1
    assert "✗ lacks the node VHS_VideoCombine" in out
    assert "Install or update ComfyUI-VideoHelperSuite" in out
    assert "Put the file into ComfyUI/models/vae" in out
    assert "workflow check my_graph --run" in out


@pytest.mark.long
async def test_a_clip_that_is_not_as_promised_is_told_and_kept(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traced = traced_as(GRAPH.stem)
    traced = replace(traced, rules={**traced.rules, "fps": 30, "sound": True})
    async with able_comfyui() as comfyui:
        code = await run(settings_for(tmp_path, comfyui.url), "add", str(file), traced=traced)
    out = capsys.readouterr().out
    assert code == 1
    assert "it runs at 16 fps, not 30; it has no sound" in out
    assert names_in(tmp_path / "data" / "trials") == ["my_graph.mp4"]


@pytest.mark.parametrize("content", ["{", '{"1": 5}', '{"1": {"class_type": 3}}', "<<<<<<< HEAD"])
async def test_a_file_that_is_no_workflow_leaves_nothing_behind(
    content: str, tmp_path: Path, file: Path
) -> None:
    file.write_text(content, "utf-8")  # noqa: ASYNC240 - a few bytes
    with pytest.raises(CommandFailed, match=r"^my graph\.json: .* Nothing was written\.$"):
        await run(settings_for(tmp_path, NOWHERE), "add", str(file))
    assert names_in(tmp_path) == ["my graph.json"]


async def test_the_picture_that_comfyui_saved_is_enough(tmp_path: Path) -> None:
    metadata = PngInfo()
    metadata.add_text("prompt", GRAPH.read_text("utf-8"))
    Image.new("RGB", (64, 64)).save(tmp_path / "saved.png", pnginfo=metadata)
    assert (
        await run_really(settings_for(tmp_path, NOWHERE), "add", str(tmp_path / "saved.png"), "--no-run") == 1
    )
    assert list(comfy.read_workflows(tmp_path / "workflows").workflows) == ["saved"]


async def test_on_a_terminal_somebody_chooses_where_two_places_remain(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    traced = traced_as(GRAPH.stem)
    places = traced.found["prompt"].places[0], traced.found["negative_prompt"].places[0]
    found = {name: each for name, each in traced.found.items() if name not in ("prompt", "negative_prompt")}
    question = comfy.Question(name="prompt", candidates=places, default=places[0])
    monkeypatch.setattr("cli.workflow_add.is_terminal", lambda: True)
    monkeypatch.setattr(builtins, "input", lambda _: "2")
    asked = replace(traced, found=found, questions=(question,))
    await run(settings_for(tmp_path, NOWHERE), "add", str(file), "--no-run", traced=asked)
    assert "Which is prompt?" in capsys.readouterr().out
    assert comfy.read_workflows(tmp_path / "workflows").workflows["my_graph"].inputs["prompt"] == places[1:]


def test_a_name_that_is_taken_is_refused_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "Mine.json").write_text("{}", "utf-8")
    for name, told in (("mine", "Mine is in"), ("WAN21_i2v", "built-in")):
        with pytest.raises(CommandFailed, match=told):
            choose_name(tmp_path, Path("x.json"), name, may_replace=False)
    assert choose_name(tmp_path, Path("mine.json"), None, may_replace=True) == "Mine"
    assert choose_name(tmp_path, Path("x.json"), "wan21_i2v", may_replace=True) == "wan21_i2v"
    assert choose_name(tmp_path, Path("other.json"), None, may_replace=False) == "other"


def test_questions_are_answered_by_who_is_there_else_the_default_is_said() -> None:
    graph = parse_api(
        {"3": {"class_type": "X", "inputs": {"seed": 7}}, "4": {"class_type": "X", "inputs": {"seed": 8}}}
    )
    candidates = place("3.seed"), place("4.seed")
    question = comfy.Question(name="seed", candidates=candidates, default=candidates[0])
    traced = comfy.Traced(output="9", questions=(question,))
    said = list[str]()

    chosen = answer_questions(graph, traced, lambda *_: candidates[1], said.append).found["seed"]
    assert (chosen.places, chosen.value, said) == ((candidates[1],), 8, [])

    taken = answer_questions(graph, traced, None, said.append).found["seed"]
    assert (taken.places, said) == ((candidates[0],), ["seed: 3.seed or 4.seed; 3.seed is taken"])


def test_the_title_is_what_people_can_read() -> None:
    assert title_of(Path("图生视频_v2.json"), None) == "图生视频 v2"
    assert title_of(Path("x.json"), "wan_22") == "wan 22"


async def test_one_server_that_can_run_it_is_enough(file: Path, tmp_path: Path) -> None:
    async with able_comfyui() as comfyui:
        settings = settings_for(tmp_path, NOWHERE, comfyui.url)

        assert await run(settings, "add", str(file), "--no-run") == 0
