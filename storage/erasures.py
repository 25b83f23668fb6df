"""A record of what people had deleted, beside the database, so that a restored copy loses it again.

Lines of `NUMBER DAY KIND ID`: DAY counts days since 1970 (UTC), KIND is `job` with the id of a job, or
`person` with a hash of who deleted everything: it names nobody by itself. The database knows the number of
the last line that it has carried out. An older copy of it knows an older number.
"""

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from storage.errors import StoreUnavailable

DAY = 86400  # seconds
Kind = Literal["job", "person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A deletion that somebody asked for; `number` grows by one with each."""

    number: int
    day: int
    kind: str
    id: str

    @classmethod
    def from_line(cls, line: str) -> "Erasure | None":
        """Parse a line; None for one that was cut by a power failure."""
        match line.split():
            case [number, day, kind, id_] if number.isdecimal() and day.isdecimal():
                return cls(number=int(number), day=int(day), kind=kind, id=id_)
            case _:
                return None

    def to_line(self) -> str:
        """The line in the file."""
        return f"{self.number} {self.day} {self.kind} {self.id}\n"


class ErasureRecord:
    """The file at `path`, which is made with the first erasure."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()  # numbers are given, and carried out, one after the other

    @contextlib.asynccontextmanager
    async def adding(self, kind: Kind, id_: str, *, known: int) -> AsyncGenerator[int]:
        """Append an erasure, to be carried out in the block; yields its number, above `known`.

        Raises StoreUnavailable: then nothing may be erased.
        """
        async with self._lock:
            try:
                number = await asyncio.to_thread(self._append, kind, id_, known)
            except OSError as err:
                raise StoreUnavailable(f"{self._path} cannot be written: {err.strerror or err}") from err
            yield number

    async def after(self, number: int) -> Sequence[Erasure]:
        """The erasures above that number, in order. Raises StoreUnavailable."""
        try:
            return [each for each in await asyncio.to_thread(self._read) if each.number > number]
        except OSError as err:
            raise StoreUnavailable(f"{self._path} cannot be read: {err.strerror or err}") from err

    async def remove_before(self, unix_time: float) -> None:
        """Remove the lines of earlier days, but for the last one, which holds the number. Raises OSError."""
        async with self._lock:
            await asyncio.to_thread(self._remove_before, int(unix_time // DAY))

    def _append(self, kind: Kind, id_: str, known: int) -> int:
        last = max([known, *(each.number for each in self._read())])
        line = Erasure(number=last + 1, day=int(time.time() // DAY), kind=kind, id=id_).to_line()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="ascii", newline="\n") as file:
            file.write(line if self._ends_whole() else "\n" + line)
            file.flush()
            os.fsync(file.fileno())
        return last + 1

    def _ends_whole(self) -> bool:
        return not self._path.stat().st_size or self._path.read_bytes().endswith(b"\n")

    def _read(self) -> Sequence[Erasure]:
        if not self._path.exists():
            return []
        lines = self._path.read_text(encoding="ascii", errors="replace").splitlines()
        return [each for each in map(Erasure.from_line, lines) if each]

    def _remove_before(self, day: int) -> None:
        lines = self._read()
        kept = [each for each in lines[:-1] if each.day >= day] + [*lines[-1:]]
        if len(kept) < len(lines):
            part = self._path.with_name(self._path.name + ".part")
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii", newline="\n") as file:
                file.writelines(each.to_line() for each in kept)
            part.replace(self._path)


def hash_person(user_id: int, instance: str) -> str:
    """What stands for a person in the record of the bot with that `Store.instance`."""
    return hashlib.sha256(f"{instance} {user_id}".encode()).hexdigest()
