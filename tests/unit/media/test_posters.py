"""Posters for lists: made once and one at a time, and forgotten with their clip."""

import asyncio
from pathlib import Path

import pytest

from media import posters as posters_module
from media.errors import BadClip, ClipFault
from media.posters import Posters


class Maker:
    """Makes posters that name their clip, and records how many it makes at once."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.at_once = 0
        self.most = 0
        self.fault: BadClip | None = None

    async def make(self, path: Path) -> bytes:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.made.append(path.name)
        await asyncio.sleep(0)
        self.at_once -= 1
        if self.fault:
            raise self.fault
        return read(path)


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def posters(maker: Maker) -> Posters:
    return Posters(maker.make)


def read(path: Path) -> bytes:
    return path.read_bytes()


def remove(path: Path) -> None:
    path.unlink()


def clip(folder: Path, name: str = "a.mp4") -> Path:
    path = folder / name
    path.write_bytes(name.encode())
    return path


async def test_a_poster_is_made_once_however_many_ask(posters: Posters, maker: Maker, tmp_path: Path) -> None:
    path = clip(tmp_path)
    assert await posters.known(path) is None
    assert await asyncio.gather(*(posters.get(path) for _ in range(10))) == [b"a.mp4"] * 10
    assert (maker.made, await posters.known(path)) == (["a.mp4"], b"a.mp4")


async def test_one_is_made_at_a_time(posters: Posters, maker: Maker, tmp_path: Path) -> None:
    await asyncio.gather(*(posters.get(clip(tmp_path, str(n))) for n in range(5)))
    assert (len(maker.made), maker.most) == (5, 1)


async def test_it_goes_with_its_clip(posters: Posters, maker: Maker, tmp_path: Path) -> None:
    path, other = clip(tmp_path), clip(tmp_path, "b.mp4")
    await posters.get(path)
    path.unlink()
    await posters.known(other)
    assert posters._kept == {}
    assert await posters.get(path) is None


async def test_a_clip_that_is_removed_while_its_poster_is_made_has_none(tmp_path: Path) -> None:
    async def make(path: Path) -> bytes:
        remove(path)
        return b"a jpeg"

    posters = Posters(make)
    assert await posters.get(clip(tmp_path)) is None
    assert posters._kept == {}


async def test_another_clip_of_the_same_name_gets_its_own(posters: Posters, tmp_path: Path) -> None:
    path = clip(tmp_path)
    await posters.get(path)
    path.write_bytes(b"longer than before")
    assert await posters.get(path) == b"longer than before"


async def test_few_are_kept(
    posters: Posters, maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posters_module, "MAX_POSTERS", 2)
    paths = [clip(tmp_path, str(n)) for n in range(3)]
    for path in (paths[0], paths[1], paths[0], paths[2]):
        await posters.get(path)
    assert [bool(await posters.known(path)) for path in paths] == [True, False, True]


async def test_a_fault_is_kept_by_nobody_and_frees_the_slot(
    posters: Posters, maker: Maker, tmp_path: Path
) -> None:
    path, maker.fault = clip(tmp_path), BadClip(ClipFault.BROKEN)
    with pytest.raises(BadClip):
        await posters.get(path)
    maker.fault = None
    assert await posters.get(path) == b"a.mp4"
