"""Slots for pictures: few at once, and nobody waits for all pictures of somebody else."""

import asyncio
import gc
import weakref

import pytest

from jobs import picture_slots
from jobs.errors import Refusal
from jobs.picture_slots import MAX_OF_PERSON, MAX_PICTURES, PictureSlots


class Works:
    """Work that goes on until it is let go; `order`: whose work has begun, in turn."""

    def __init__(self) -> None:
        self.slots = PictureSlots()
        self.order: list[int] = []
        self.running = 0
        self.most = 0
        self._let_go = asyncio.Semaphore(0)

    async def work(self, user_id: int) -> int:
        async def work() -> int:
            self.order.append(user_id)
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                await self._let_go.acquire()
            finally:
                self.running -= 1
            return user_id

        return await self.slots.run(user_id, work)

    def let_go(self, number: int = 1) -> None:
        for _ in range(number):
            self._let_go.release()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_few_are_in_memory_at_once_and_one_of_a_person() -> None:
    works = Works()
    async with asyncio.TaskGroup() as tasks:
        for user_id in [1] * 10 + list(range(2, 12)):
            tasks.create_task(works.work(user_id), name=f"work of {user_id}")
        await settle()
        assert works.running == MAX_PICTURES
        assert works.order.count(1) == MAX_OF_PERSON
        works.let_go(20)
    assert works.most == MAX_PICTURES
    assert len(works.order) == 20


async def test_who_comes_after_somebodys_forty_is_served_next() -> None:
    works = Works()
    async with asyncio.TaskGroup() as tasks:
        for user_id in [1] * 40 + [2] * 40 + [3] * 40 + [4]:
            tasks.create_task(works.work(user_id), name=f"work of {user_id}")
        await settle()
        works.let_go()
        await settle()
        assert works.order[MAX_PICTURES] == 4
        works.let_go(120)


async def test_who_gives_up_leaves_no_slot_taken() -> None:
    works = Works()
    waiting = [asyncio.create_task(works.work(user_id), name="waits") for user_id in [1, 1, 2, 3, 4, 4]]
    await settle()
    for each in waiting[:2] + waiting[4:5]:
        each.cancel()
    await settle()
    assert works.running == MAX_PICTURES
    works.let_go(9)
    assert await asyncio.gather(*waiting[2:4], waiting[5]) == [2, 3, 4]
    granted = asyncio.create_task(works.work(5), name="granted and cancelled at once")
    await asyncio.sleep(0)
    granted.cancel()
    await settle()
    assert await works.work(5) == 5


async def test_too_many_that_wait_are_refused_and_so_is_too_long_a_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(picture_slots, "MAX_WAITING_OF_PERSON", 2)
    monkeypatch.setattr(picture_slots, "MAX_WAITING", 3)
    works = Works()
    tasks = [asyncio.create_task(works.work(user_id), name="works") for user_id in [1, 2, 3, 1, 1]]
    await settle()
    with pytest.raises(Refusal, match="too_many_pictures"):
        await works.work(1)
    tasks.append(asyncio.create_task(works.work(4), name="waits"))
    await settle()
    with pytest.raises(Refusal, match="too_many_pictures"):
        await works.work(5)
    works.let_go(6)
    await asyncio.gather(*tasks)
    monkeypatch.setattr(picture_slots, "WAIT_TIMEOUT", 0.01)
    first = asyncio.create_task(works.work(1), name="works")
    await settle()
    with pytest.raises(Refusal, match="too_many_pictures"):
        await works.work(1)
    works.let_go()
    assert await first == 1


class Bytes(bytearray):
    """Bytes that can be watched."""


async def test_an_error_holds_no_picture_while_it_is_answered() -> None:
    watched: list[weakref.ref[Bytes]] = []

    async def decode(picture: Bytes) -> None:
        raise ValueError("no picture")

    async def work() -> None:
        picture = Bytes(b"a picture")
        watched.append(weakref.ref(picture))
        try:
            await decode(picture)
        except ValueError as err:
            raise Refusal("not_a_picture") from err

    with pytest.raises(Refusal) as refusal:
        await PictureSlots().run(1, work)
    gc.collect()
    assert refusal.value.code == "not_a_picture"
    assert watched[0]() is None
