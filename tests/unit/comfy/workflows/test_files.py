"""Workflows are files of a folder, and a manifest may take most of itself from another."""

from pathlib import Path

import pytest

from comfy import BUILT_IN, WorkflowInvalid, load_workflows, read_workflows
from comfy.protocol.object_info import parse_object_info
from tests.unit.comfy.workflows.published import manifest, template


def write(folder: Path, name: str, text: str, graph: str | None = None) -> None:
    (folder / f"{name}.toml").write_text(text, "utf-8")
    if graph:
        (folder / f"{graph}.json").write_text(template(graph), "utf-8")


def fault(*folders: Path) -> str:
    with pytest.raises(WorkflowInvalid) as caught:
        load_workflows(*folders)
    return str(caught.value)


def test_a_manifest_extends_another_of_its_folder_or_a_built_in_one(tmp_path: Path) -> None:
    write(tmp_path, "hunyuan15", manifest("hunyuan15"), "hunyuan15")
    write(tmp_path, "short", 'extends = "hunyuan15"\nfamily = "x"\n[defaults]\nseconds = 2\nsteps = 12')
    write(tmp_path, "wan", 'extends = "wan21_i2v"\nfps = 24')

    workflows = load_workflows(BUILT_IN, tmp_path)

    short, base = workflows["short"], workflows["hunyuan15"]
    assert (short.family, short.inputs, short.nodes) == ("x", base.inputs, base.nodes)
    assert (short.default("default", "steps"), short.default("default", "cfg")) == (12, 6)
    assert (workflows["wan"].rules.fps, workflows["wan21_i2v"].rules.fps) == (24, 16)


def test_presets_and_choices_are_replaced_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path, "mine", 'extends = "wan21_i2v"\nchoices = {}\npresets.only.steps = 3')

    workflow = load_workflows(BUILT_IN, tmp_path)["mine"]

    assert (list(workflow.presets), workflow.choices) == (["only"], {})


def test_an_owner_changes_a_built_in_workflow_by_extending_it_under_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, "wan21_i2v", 'extends = "wan21_i2v"\npriority = 99')

    workflows = load_workflows(BUILT_IN, tmp_path)

    assert workflows["wan21_i2v"].priority == 99
    assert workflows["wan21_i2v"].rules.fps == 16
    assert workflows["wan21_i2v_lightx2v"].priority == 20


def test_the_owners_workflow_of_a_built_in_name_is_not_what_built_in_ones_extend(tmp_path: Path) -> None:
    write(tmp_path, "wan21_i2v", manifest("hunyuan15"))
    (tmp_path / "wan21_i2v.json").write_text(template("hunyuan15"), "utf-8")

    workflows = load_workflows(BUILT_IN, tmp_path)

    assert workflows["wan21_i2v"].output == "102"
    assert workflows["wan21_i2v_lightx2v"].output == "54"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('extends = "gone"', "mine.toml: extends: there is no other workflow gone"),
        ('extends = "mine"', "mine.toml: extends: there is no other workflow mine"),
        ("extends = 1", "mine.toml: extends is not a text"),
        ("=", "mine.toml: Invalid"),
        ('extends = "other"', "mine.toml: extends: the manifests extend one another"),
    ],
)
def test_what_cannot_be_extended_is_refused(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, "mine", text)
    write(tmp_path, "other", 'extends = "mine"')

    assert said in fault(tmp_path)


def test_two_files_for_one_name_are_refused_and_the_others_stay(tmp_path: Path) -> None:
    for name in ("mine", "MINE", "other"):
        write(tmp_path, name, 'extends = "wan21_i2v"')

    loaded = read_workflows(BUILT_IN, tmp_path)

    assert "other" in loaded.workflows
    assert {str(err) for err in loaded.invalid} == {
        f"workflow {name}: MINE and mine are two files for one name; rename one of them"
        for name in ("mine", "MINE")
    }


def test_files_of_windows_editors_are_read(tmp_path: Path) -> None:
    (tmp_path / "mine.TOML").write_text('extends = "wan21_i2v"\r\nfps = 20\r\n', "utf-8-sig")

    assert load_workflows(BUILT_IN, tmp_path)["mine"].rules.fps == 20


def test_what_is_no_text_or_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b'title = "\xff"')
    assert "mine.toml: it cannot be read as UTF-8" in fault(tmp_path)
    (tmp_path / "mine.toml").write_bytes(b"#" * (5 * 2**20 + 1))
    assert "mine.toml: it is larger than 5 MiB" in fault(tmp_path)


def test_a_manifest_nested_without_end_is_refused_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(f"seconds = {'[' * 20_000}", "utf-8")
    assert "mine.toml: " in fault(tmp_path)


def test_a_server_that_says_nonsense_of_its_classes_takes_no_workflow_away(tmp_path: Path) -> None:
    write(tmp_path, "hunyuan15", manifest("hunyuan15"), "hunyuan15")
    step = {"required": {name: ["INT", {"step": 10**6}] for name in ("width", "height", "length")}}
    classes = parse_object_info(
        {"HunyuanVideo15ImageToVideo": {"input": step}}, ["HunyuanVideo15ImageToVideo"]
    )

    loaded = read_workflows(tmp_path, node_classes=classes)

    assert loaded.invalid == ()
    assert loaded.workflows == load_workflows(tmp_path)
