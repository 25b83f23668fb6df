"""What happens to one job, as whoever waits for it hears it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from comfy.errors import NodeFailed
from comfy.protocol.files import OutputFile


class Stage(StrEnum):
    """What a node does for the clip."""

    LOADING = "loading"
    ENCODING = "encoding"
    SAMPLING = "sampling"
    DECODING = "decoding"
    SAVING = "saving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The job waits in the server's queue behind `ahead` others, whoever sent them."""

    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The server took the job up at `at`: Unix time in seconds by its clock, by ours for an adopted job."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node is at work, or turned to another stage (a sampler first loads its weights)."""

    node: str
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """`step` of `steps` sampling steps are done: true steps, never counts of weights."""

    step: int
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A small picture of the clip as it forms."""

    image: bytes
    kind: Literal["jpeg", "png"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The output node wrote its files."""

    files: tuple[OutputFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The end: the clip is there. `seconds` is the server's own time from start to success."""

    files: tuple[OutputFile, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The end: a node broke."""

    error: NodeFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """The end: somebody stopped it, at `node` ("" when it had not started)."""

    node: str


Outcome = Done | Failed | Interrupted
Event = Queued | Started | Node | Sampling | Preview | Saved | Outcome
