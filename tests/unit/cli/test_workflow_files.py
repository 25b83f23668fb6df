"""Names are safe on every system, and a workflow is written and removed as a whole."""

import os
import sys
from pathlib import Path

import pytest

from cli.errors import CommandFailed
from cli.workflow_files import (
    MAX_NAME,
    check_name,
    is_built_in,
    name_from,
    pair_in,
    remove_pair,
    spelled,
    write_pair,
)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("video_wan2_2_14B_i2v.json", "video_wan2_2_14B_i2v"),
        ("Wan 2.2 I2V (1).json", "Wan_2_2_I2V_1"),
        ("Éclair à l'eau.png", "Eclair_a_l_eau"),
        ("图生视频.json", "workflow"),
        ("图生视频 v2.json", "v2"),
        ("con.json", "con_workflow"),
        ("LPT1.mp4", "LPT1_workflow"),
        ("...", "workflow"),
        ("a" * 300 + ".json", "a" * MAX_NAME),
        ("-rf.json", "rf"),
    ],
)
def test_a_name_is_made_of_the_files(file: str, name: str) -> None:
    assert name_from(Path(file)) == name
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", "a\\b", "nul", "Com1", "-x", "a.b", "词", "a" * 61, "a\n"]
)
def test_names_that_are_no_files_name_everywhere_are_refused(name: str) -> None:
    with pytest.raises(CommandFailed, match="--name"):
        check_name(name)


def test_both_files_are_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    paths = write_pair(tmp_path / "a" / "workflows", "mine", "{}", "# 中文")
    assert paths[".json"].read_bytes() == b"{}"
    assert paths[".toml"].read_text("utf-8") == "# 中文"
    assert sorted(each.name for each in paths[".json"].parent.iterdir()) == ["mine.json", "mine.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
@pytest.mark.parametrize(("folder", "file"), [(0o755, 0o644), (0o700, 0o600)])
def test_who_may_read_the_folder_may_read_the_files(tmp_path: Path, folder: int, file: int) -> None:
    tmp_path.chmod(folder)
    assert write_pair(tmp_path, "mine", "{}", "")[".json"].stat().st_mode & 0o777 == file


@pytest.mark.parametrize("old", [None, "old"])
def test_where_the_graph_cannot_be_written_nothing_is(tmp_path: Path, old: str | None) -> None:
    (tmp_path / "mine.json").mkdir()  # nothing can be put in its place
    if old:
        (tmp_path / "mine.toml").write_text(old, "utf-8")
    with pytest.raises(OSError, match=r"mine\.json"):
        write_pair(tmp_path, "mine", "{}", "new")
    left = {each.name: each.read_text("utf-8") for each in tmp_path.iterdir() if each.is_file()}
    assert left == ({"mine.toml": old} if old else {})


def test_a_pair_is_replaced_where_it_is_whatever_its_suffix_looks_like(tmp_path: Path) -> None:
    (tmp_path / "mine.JSON").write_text("old", "utf-8")
    write_pair(tmp_path, "mine", "new", "")
    assert {each.suffix.lower(): each.read_text("utf-8") for each in tmp_path.iterdir()} == {
        ".json": "new",
        ".toml": "",
    }


def test_removing_takes_both_files_and_nothing_else(tmp_path: Path) -> None:
    write_pair(tmp_path, "mine", "{}", "")
    write_pair(tmp_path, "mine2", "{}", "")
    assert [each.name for each in remove_pair(tmp_path, "mine")] == ["mine.json", "mine.toml"]
    assert pair_in(tmp_path, "mine") == {}
    assert len(pair_in(tmp_path, "mine2")) == 2


def test_names_are_found_in_whatever_case(tmp_path: Path) -> None:
    write_pair(tmp_path, "Mine", "{}", "")
    assert (spelled(tmp_path, "mine"), spelled(tmp_path, "Mine"), spelled(tmp_path, "x")) == (
        "Mine",
        "Mine",
        None,
    )
    assert spelled(tmp_path / "nowhere", "mine") is None
    assert is_built_in("WAN21_I2V")
    assert not is_built_in("mine")


def test_a_name_with_a_path_in_it_reaches_no_other_folder(tmp_path: Path) -> None:
    write_pair(tmp_path / "other", "mine", "{}", "")
    assert pair_in(tmp_path / "own", os.path.join("..", "other", "mine")) == {}  # noqa: PTH118 - as typed
