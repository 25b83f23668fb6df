"""The events of one job, from the server's queue to its outcome."""

from dataclasses import dataclass, field
from typing import Literal

from comfy.graphs.nodes import Stage
from comfy.protocol.files import OutputFile
from comfy.protocol.responses import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The job waits in the server's queue behind `ahead` others, whoever sent them."""

    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The server started the job at `at`: Unix time in seconds by its clock, by ours for an adopted job."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """`step` of `steps` steps of all samplers are done, the last by `sampler`; never a count of weights."""

    step: int
    steps: int
    sampler: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node started, or changed its stage (a sampler first loads weights); `sampling`: where it stands."""

    node: str
    stage: Stage
    sampling: Sampling | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A small picture of the clip while it is sampled."""

    image: bytes
    kind: Literal["jpeg", "png"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The output node wrote its files."""

    files: tuple[OutputFile, ...]


Event = Queued | Started | Node | Sampling | Preview | Saved | Outcome
