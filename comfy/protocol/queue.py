"""`/queue`: which prompts run and wait, and which of them are ours."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from comfy.errors import BadAnswer
from comfy.protocol.json_values import as_list, as_mapping, as_number, as_text, is_mapping
from comfy.protocol.responses import Pending, Running

# The key in a prompt's extra_data that says which client of ours it came from.
OWNER = "animate"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """One prompt; `owner` is what its extra_data says under OWNER, None for anybody else's."""

    prompt_id: str
    owner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerQueue:
    """Prompts in the order in which they run."""

    running: tuple[QueueEntry, ...]
    waiting: tuple[QueueEntry, ...]

    def find(self, prompt_id: str) -> Pending | Running | None:
        """The position of a job; None when it is not in the queue."""
        if any(entry.prompt_id == prompt_id for entry in self.running):
            return Running()
        index = next((at for at, entry in enumerate(self.waiting) if entry.prompt_id == prompt_id), None)
        return None if index is None else Pending(ahead=len(self.running) + index)

    def others(self, owner: str) -> int:
        """Count the prompts that are not of that owner."""
        return sum(entry.owner != owner for entry in (*self.running, *self.waiting))


def parse_queue(answer: object) -> ServerQueue:
    """Parse `/queue`. Raises BadAnswer."""
    queue = as_mapping(answer, "the queue")
    # The list is a heap: they run in the order of their numbers, not of the list.
    return ServerQueue(
        running=tuple(entry for _, entry in _parse_entries(queue, "queue_running")),
        waiting=tuple(
            entry for _, entry in sorted(_parse_entries(queue, "queue_pending"), key=_queue_number)
        ),
    )


def parse_owned(history: object, owner: str) -> tuple[str, ...]:
    """The ids of that owner's prompts in `/history`. Entries that cannot be read are nobody's."""
    entries = as_mapping(history, "the history").values()
    found = (_owned_entry(entry) for entry in entries if is_mapping(entry))
    return tuple(entry.prompt_id for entry in found if entry and entry.owner == owner)


def _owned_entry(entry: Mapping[str, object]) -> QueueEntry | None:
    with suppress(BadAnswer):
        return _parse_entry(entry.get("prompt"), "history")[1]
    return None


def _queue_number(numbered: tuple[float, QueueEntry]) -> float:
    return numbered[0]


def _parse_entries(queue: Mapping[str, object], key: str) -> list[tuple[float, QueueEntry]]:
    return [_parse_entry(entry, key) for entry in as_list(queue.get(key), key)]


def _parse_entry(value: object, key: str) -> tuple[float, QueueEntry]:
    match as_list(value, key):
        case [number, prompt_id, *rest]:
            extra = rest[1] if len(rest) > 1 else None
            owner = extra.get(OWNER) if is_mapping(extra) else None
            entry = QueueEntry(prompt_id=as_text(prompt_id), owner=owner if isinstance(owner, str) else None)
            return as_number(number), entry
        case _:
            raise BadAnswer(reason=f"an entry of {key} is too short")
