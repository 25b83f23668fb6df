"""The words of the queue as types: what a person asked for, the job it became, the lease on it."""

import functools
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Where a job is in its life; docs/design.md draws the moves."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SUBMITTING = "submitting"
    RUNNING = "running"
    DOWNLOADING = "downloading"
    DELIVERING = "delivering"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = frozenset({State.CLAIMED, State.SUBMITTING, State.RUNNING, State.DOWNLOADING, State.DELIVERING})
FINISHED = frozenset({State.DONE, State.FAILED, State.CANCELLED})
MAX_HEAD_START = 600.0  # GPU seconds


@functools.cache
def names_of(record: type["Params | Job"]) -> tuple[str, ...]:
    """The names of its fields, in order."""
    return tuple(each.name for each in fields(record))


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Everything that decides how a clip looks, apart from the picture. Width and height in pixels.

    `after`: the id of the job whose clip this one goes on from, where both are to be joined as one.
    """

    workflow: str
    preset: str
    prompt: str
    negative_prompt: str
    seed: int
    steps: int
    cfg: float
    shift: float
    denoise: float
    width: int
    height: int
    frames: int
    fps: int
    choices: Mapping[str, str] = field(default_factory=dict[str, str])
    after: str | None = None

    @property
    def seconds(self) -> float:
        """How long the clip plays; the first frame is the picture itself and counts for nothing."""
        return (self.frames - 1) / self.fps

    def rerolled(self, seed: int) -> "Params":
        """The same parameters with a new seed."""
        return replace(self, seed=seed)

    def to_json(self) -> str:
        """One JSON object. A column for each would not do: a 64-bit seed overflows SQLite's INTEGER."""
        return json.dumps({name: getattr(self, name) for name in names_of(Params)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Params":
        """Read what `to_json` wrote; keys of later versions are passed over."""
        known = json.loads(text)
        return cls(**{name: known[name] for name in names_of(cls) if name in known})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a job did not become a clip: a code for the catalogue of words, and the values of its sentence."""

    code: str
    values: Mapping[str, str | int | float] = field(default_factory=dict[str, str | int | float])

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps({"code": self.code, "values": dict(self.values)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Reason":
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One wanted video, before it is admitted.

    `key` makes admission idempotent: the same key never becomes a second job. `picture` is the sha256
    of a blob. Ids are Discord's snowflakes. `weight` is the person's share of the GPU against that of others;
    who was away comes back with `head_start` GPU seconds to be served first, MAX_HEAD_START at most.
    """

    key: str
    user_id: int
    guild_id: int
    channel_id: int
    locale: str
    params: Params
    picture: str
    parent: str | None = None
    weight: float = 1.0
    head_start: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of the queue as it stood when it was read. Times are Unix seconds.

    In GPU seconds: `cost` is expected, `seconds` was measured, `charged` counts against the person. `root` is
    the id of the first job that this one descends from by rerolls, its own where it is the first. `tries`:
    how often its delivery was put off; `result_channel`: where the result stands.
    """

    seq: int
    id: str
    key: str
    user_id: int
    guild_id: int
    channel_id: int
    locale: str
    params: Params
    picture: str
    parent: str | None
    state: State
    epoch: int
    server: str | None
    attempts: int
    status_message: int | None
    result_message: int | None
    clip: str | None
    seconds: float | None
    reason: Reason | None
    cancel_requested: bool
    created_at: float
    started_at: float | None
    finished_at: float | None
    root: str = ""
    weight: float = 1.0
    cost: float = 1.0
    charged: float | None = None
    tries: int = 0
    result_channel: int | None = None
    lease_until: float | None = None

    @property
    def short(self) -> str:
        """The first eight characters of the id: what people see and type."""
        return self.id[:8]

    @classmethod
    def from_row(cls, row: sqlite3.Row) -> "Job":
        """The one door from the database."""
        found: dict[str, Any] = dict(zip(row.keys(), row, strict=True))
        values = {name: found[name] for name in names_of(cls)}
        values["params"] = Params.from_json(values["params"])
        values["state"] = State(values["state"])
        values["reason"] = Reason.from_json(values["reason"]) if values["reason"] else None
        values["cancel_requested"] = bool(values["cancel_requested"])
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to move one job; its epoch tells a zombie from the holder.

    `adopted`: another holder died with it, and nobody knows how far its last effect came.
    """

    job: Job
    adopted: bool

    @property
    def until(self) -> float:
        """When others may take the job over, unless the lease is renewed."""
        return self.job.lease_until or 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A job that waits in the queue; `created` is False when the same key was admitted before."""

    job: Job
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A queued job and how many are served before it."""

    job: Job
    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many jobs wait, and how many are on a server."""

    queued: int
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One move of a job: to which state, when, in which epoch, and who did it."""

    at: float
    state: State
    epoch: int
    mover: str
