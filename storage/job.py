"""The records of the queue: the request, the job it becomes, the lease on it, and small results."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from storage.database import Row
from storage.lease_term import LeaseTerm
from storage.sql.texts import encode_json


class State(StrEnum):
    """The states of a job; docs/design.md draws the transitions."""

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
USUAL_SIZE, USUAL_FRAMES, USUAL_STEPS = (832, 480), 81, 20  # of a clip of which they are not known


@functools.cache
def field_names(record: type["Params | Job"]) -> tuple[str, ...]:
    """The names of the record's fields, in order."""
    return tuple(each.name for each in fields(record))


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The parameters of a clip, apart from its pictures; None for what its workflow does not have.

    `prompt` is "" where it takes none. Width and height in pixels. `ticks`: how many sampling steps its graph
    takes, where `steps` does not say it. `frame_step`, `size_step`: by what the number of frames and each
    side may change; None where fixed.

    `loras`: the strength of each LoRA by its name, in order.
    `after`: the id of the job whose clip this one continues, where both are to be joined.
    `left_open`: the names of fields that nobody chose and that no server could decide about yet, since none
    had ever said what it can run; the values are a guess until one does.
    `spoiler`: whether Discord hides the picture, and all that is made of it, until somebody asks to see it.
    """

    workflow: str
    preset: str
    prompt: str = ""
    seed: int | None = None
    negative_prompt: str | None = None
    steps: int | None = None
    cfg: float | None = None
    shift: float | None = None
    denoise: float | None = None
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    fps: float | None = None
    ticks: int | None = None
    frame_step: int | None = None
    size_step: int | None = None
    choices: Mapping[str, str] = field(default_factory=dict[str, str])
    loras: Mapping[str, float] = field(default_factory=dict[str, float])
    after: str | None = None
    left_open: tuple[str, ...] = ()
    spoiler: bool = False

    @property
    def seconds(self) -> float | None:
        """The clip's duration, without its first frame, which is the picture itself; None where unknown."""
        return (self.frames - 1) / self.fps if self.frames and self.fps else None

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height in pixels; None where they follow from the graph."""
        return (self.width, self.height) if self.width and self.height else None

    @property
    def volume(self) -> int:
        """Width times height times frames, of which the cost depends; what is unknown is taken as usual."""
        width, height = self.size or USUAL_SIZE
        return width * height * (self.frames or USUAL_FRAMES)

    def rerolled(self, seed: int) -> "Params":
        """The same parameters with a new seed."""
        return replace(self, seed=seed)

    def to_json(self) -> str:
        """Encode as one JSON object; as a column a 64-bit unsigned seed would overflow SQLite's INTEGER."""
        return encode_json({name: getattr(self, name) for name in field_names(Params)})

    @classmethod
    def from_json(cls, text: str) -> "Params":
        """Decode what `to_json` wrote; unknown keys, of later versions, are ignored."""
        known = json.loads(text)
        known["left_open"] = tuple(known.get("left_open", ()))
        if "frame_step" not in known:  # a row of before: all clips were of Wan 2.1
            known |= {"frame_step": 4, "size_step": 16}
        return cls(**{name: known[name] for name in field_names(cls) if name in known})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a job failed or was cancelled: the code of a sentence for people, and the sentence's values."""

    code: str
    values: Mapping[str, str | int | float] = field(default_factory=dict[str, str | int | float])

    def to_json(self) -> str:
        """Encode as one JSON object."""
        return encode_json({"code": self.code, "values": dict(self.values)})

    @classmethod
    def from_json(cls, text: str) -> "Reason":
        """Decode what `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request for a clip, before it is admitted. Ids are Discord's snowflakes.

    `key` makes admission idempotent: the same key never becomes a second job. `picture` is the sha256 of a
    stored picture, `last_picture` that of the one that the clip ends on, if any: the same one for a loop;
    `parent` the id of the job that this is a reroll of. `weight` is the person's share of the GPU relative to
    others'; a person without waiting jobs starts `head_start` GPU seconds (at most MAX_HEAD_START) before
    those who waited. `draft`: the draft that the picture came from, which goes at admission.
    """

    key: str
    user_id: int
    guild_id: int
    channel_id: int
    locale: str
    params: Params
    picture: str
    last_picture: str | None = None
    parent: str | None = None
    weight: float = 1.0
    head_start: float = 0.0
    draft: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of the table `job` as it was read. Times are Unix seconds.

    In GPU seconds: `cost` is expected, `seconds` measured, `charged` what counts against the person. `root`:
    the id of the first job in its chain of rerolls, its own for the first. `epoch` rises with each holder.
    `tries`: how often its delivery was postponed; `result_channel`: the channel of the result message.
    `withdrawn`: somebody took back a picture, the words or the clip that it was made with.
    `unwanted`: it is being deleted. `holder`: the id of the worker that has its lease (see fleet.py).
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
    withdrawn: bool = False
    unwanted: bool = False
    last_picture: str | None = None
    holder: str | None = None

    @property
    def pictures(self) -> tuple[str, ...]:
        """The sha256 of each picture that it is made with and that is kept: of one for a loop."""
        return tuple(dict.fromkeys(each for each in (self.picture, self.last_picture) if each))

    @property
    def short(self) -> str:
        """The first eight characters of the id, as people see and type it."""
        return self.id[:8]

    @classmethod
    def from_row(cls, row: Row) -> "Job":
        """Build a job from a row with all columns of the table."""
        values = {name: row[name] for name in field_names(cls)}
        values["params"] = Params.from_json(values["params"])
        values["state"] = State(values["state"])
        values["reason"] = Reason.from_json(values["reason"]) if values["reason"] else None
        values["cancel_requested"] = bool(values["cancel_requested"])
        values["withdrawn"] = bool(values["withdrawn"])
        values["unwanted"] = bool(values["unwanted"])
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to move one job until `until`; void once the row has another epoch.

    `adopted`: taken over from a holder that died, whose last effect may or may not have happened. `term`: how
    long it holds by this machine's clock, shared by all records of the same lease.
    """

    job: Job
    adopted: bool
    term: LeaseTerm = field(default_factory=LeaseTerm, compare=False, repr=False)

    @property
    def until(self) -> float:
        """The Unix time from which others may adopt the job, unless the lease is renewed."""
        return self.job.lease_until or 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The admitted job; `created` is False where the same key was admitted before."""

    job: Job
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A queued job and the number of jobs served before it."""

    job: Job
    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The numbers of queued jobs and of jobs on a server."""

    queued: int
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One transition of a job: to which state, at which Unix time, in which epoch, by whom (`mover`)."""

    at: float
    state: State
    epoch: int
    mover: str
