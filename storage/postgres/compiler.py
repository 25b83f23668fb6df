"""Turns SQL with parameters `:name` into what PostgreSQL takes: `$n` with an explicit type."""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storage.database import SqlValue, Values
from storage.sql.texts import storable

_TYPES = {
    "bigint": """
        above active anywhere attempts below boosted bytes cap channel channel_id chosen day draft
        draining epoch finished guild guild_id kept limit live message others person picture_of
        pictures_of_others queued_per_guild queued_per_person reachable report_channel
        result_channel result_message running_per_guild seq steps unshown user user_id volume
        was_there
    """,
    "double precision": """
        after alive asked_at at before charged cooldown cost delay gpu_seconds_of_strangers
        gpu_seconds_per_guild gpu_seconds_per_person grace head_start kept_seconds learnt_at lease
        longest_wait mark_seconds now orphaned saved_before seconds seen_at settle since until value
        weight window
    """,
    "text": """
        after_name arguments choices clip command erasure held holder host id key kind lacks_nodes
        language last_picture last_url locale missing mover name params parent picture prefix reason
        remover role runnable server sha source start state text unavailable url version was who
        worker workflow
    """,
    "bigint[]": "channels guilds home_guilds people seqs",
    "text[]": "clips ids jobs lacks names servers workflows",
}
TYPES = {name: kind for kind, names in _TYPES.items() for name in names.split()}
CLOCK = {
    "now": "extract(epoch FROM statement_timestamp())::double precision",
    "day": "floor(extract(epoch FROM statement_timestamp()) / 86400)::bigint",
}  # by the database's own clock
_LIST = re.compile(r"\bLIST\((:\w+)\)")
PARAMETER = re.compile(r"(?<![:\w']):([a-z_]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A statement as PostgreSQL takes it, with the names of its parameters in order."""

    sql: str
    names: tuple[str, ...]

    def arguments(self, values: Values) -> Sequence[object]:
        """The values in that order."""
        return [_bind(values[name]) for name in self.names]


@functools.cache
def compile_statement(sql: str, *, own_clock: bool) -> Compiled:
    """Number the parameters; with `own_clock`, :now and :day are the database's own."""
    numbers = dict[str, int]()

    def number(found: re.Match[str]) -> str:
        name = found[1]
        if own_clock and name in CLOCK:
            return f"({CLOCK[name]})"
        return f"${numbers.setdefault(name, len(numbers) + 1)}::{TYPES[name]}"

    listed = _LIST.sub(r"(SELECT unnest(\1) AS value)", sql)
    return Compiled(sql=PARAMETER.sub(number, listed), names=tuple(dict.fromkeys(numbers)))


def with_time(values: Values, clock: Callable[[], float]) -> Values:
    """The values, and the time by that clock where they have none."""
    now = clock()
    return {"now": now, "day": int(now // 86400), **values}


def _bind(value: SqlValue) -> object:
    """A value as asyncpg takes it for its type."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Sequence):
        return [storable(each) if isinstance(each, str) else each for each in value]
    return value
