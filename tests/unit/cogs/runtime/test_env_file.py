"""`.env` as editors and shells of all systems write it, and where it and the data are looked for."""

import codecs
from pathlib import Path

import pytest

from cogs.runtime import env_file
from cogs.runtime.env_file import EnvFileUnusable, decode, locate, read_env_file

TEXT = "DISCORD_TOKEN=a.b.c\r\nBLOCKED_WORDS=坏词\r\n"
WESTERN = "# für Müller's bot, déjà vu\nBLOCKED_WORDS=häßlich\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of bot.py; the current folder is another one, `here` beside it."""
    (tmp_path / "bot").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setattr(env_file, "ROOT", tmp_path / "bot")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "bot"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("gbk"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16", "utf-16 be", "utf-16 without mark", "be without mark", "gbk"],
)
def test_every_encoding_of_windows_is_read(root: Path, data: bytes) -> None:
    (root / ".env").write_bytes(data)
    assert read_env_file() == {"DISCORD_TOKEN": "a.b.c", "BLOCKED_WORDS": "坏词"}


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_western_letters_are_read_as_such(encoding: str) -> None:
    assert decode(WESTERN.encode(encoding)) == WESTERN


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"DISCORD_TOKEN=a\nDISCORD_TOKEN: b\n", "line 2"),
        (b'DISCORD_TOKEN="a\n', "line 1"),
        (b"\x7fELF\0\0\0\x01\xff\0\0", "UTF-8"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(root: Path, data: bytes, sentence: str) -> None:
    (root / ".env").write_bytes(data)
    with pytest.raises(EnvFileUnusable, match=sentence) as refused:
        read_env_file()
    assert str(root / ".env") in str(refused.value)


def test_paths_are_beside_the_program_and_a_tilde_is_home(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(root))
    monkeypatch.setenv("USERPROFILE", str(root))
    assert locate(Path("data"), "animate.db").path == root / "data"
    assert locate(Path("~/data"), "animate.db").path == root / "data"
    assert locate(root / "else").path == root / "else"
    with pytest.raises(ValueError, match="whole path"):
        locate(Path("~nobody-of-this-name/data"))


def test_data_in_the_current_folder_are_used_with_the_command_that_moves_them(root: Path) -> None:
    here = Path.cwd()
    (here / "data").mkdir()
    (here / "data" / "animate.db").write_bytes(b"")
    found = locate(Path("data"), "animate.db")
    assert found.path == here / "data"
    assert all(
        str(path) in found.warning for path in (here / "data", root)
    )  # Windows' `move` takes the folder
    (root / "data").mkdir()
    assert locate(Path("data"), "animate.db").path == here / "data"  # an empty one is none
    (root / "data" / "animate.db").write_bytes(b"")
    assert locate(Path("data"), "animate.db") == env_file.Located(path=root / "data")


def test_an_env_file_in_the_current_folder_is_used_where_there_is_none_beside_the_program(root: Path) -> None:
    (Path.cwd() / ".env").write_text("A=here")
    assert read_env_file() == {"A": "here"}
    assert "mv" in locate(Path(".env")).warning or "move" in locate(Path(".env")).warning
    (root / ".env").write_text("A=there")
    assert read_env_file() == {"A": "there"}
