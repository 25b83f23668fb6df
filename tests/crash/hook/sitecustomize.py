"""In the bot's own process: notes every call to the database and the network, and dies at one of them.

Python imports a module of this name by itself from a folder in PYTHONPATH. Nothing is noted before the file
`plan` exists; it holds the point at which to die, as `before CALL` or `after CALL`, or nothing.
"""

import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))  # the bot, which is not in the search path that early

import aiohttp
from yarl import URL

from storage import queries
from storage.sql import statements
from storage.sqlite import operations
from storage.sqlite.database import SqliteDatabase

FOLDER = Path(os.environ["EXPLORER"])
NAMES = {
    text: name
    for module in (queries, statements, operations)
    for name, text in vars(module).items()
    if name.isupper() and isinstance(text, str)
}
CHANGING = re.compile(r"/(?:\d+|[^/]{30,})(?=/|$)")  # ids and tokens in a path

fetch = SqliteDatabase.fetch
request = aiohttp.ClientSession._request
seen = Counter[str]()


async def watched(name: str, call: Callable[[], Awaitable[Any]]) -> Any:
    """Make the call; die before it has any effect, or after it but before its answer is seen."""
    plan = read_plan()
    if plan is None:
        return await call()
    defer_late()
    point = note(name)
    die_if(plan == f"before {point}")
    answer = await call()
    die_if(plan == f"after {point}")
    return answer


def defer_late() -> None:
    """Let no slow machine answer with the placeholder first: the calls would come in another order."""
    submit = sys.modules.get("cogs.actions.submit")
    if submit:
        submit.DEFER_SECONDS = 60.0  # type: ignore[attr-defined]


def read_plan() -> str | None:
    """Where to die; None as long as nobody has asked for anything."""
    path = FOLDER / "plan"
    return path.read_text(encoding="utf-8") if path.exists() else None


def note(name: str) -> str:
    """The call's name with its number among those of the same name."""
    seen[name] += 1
    point = f"{name} #{seen[name]}"
    with (FOLDER / "calls").open("a", encoding="utf-8") as calls:
        calls.write(f"{point}\n")
    return point


def die_if(due: bool) -> None:
    """As by a power cut: nothing is flushed, closed or said."""
    if due:
        os.kill(os.getpid(), signal.SIGKILL)


def name_of(sql: str, values: Mapping[str, object]) -> str:
    """The name of the constant that holds a statement; a move says to which state."""
    name = NAMES.get(sql, " ".join(sql.split())[:70])
    return f"MOVE {values['state']}" if name == "MOVE" else name


async def watched_fetch(self: SqliteDatabase, sql: str, values: Mapping[str, Any]) -> Any:
    return await watched(name_of(sql, values), lambda: fetch(self, sql, values))


async def watched_request(self: aiohttp.ClientSession, method: str, url: str | URL, **rest: Any) -> Any:
    name = f"{method} {CHANGING.sub('/…', URL(url).path)}"
    return await watched(name, lambda: request(self, method, url, **rest))


SqliteDatabase.fetch = watched_fetch
aiohttp.ClientSession._request = watched_request
