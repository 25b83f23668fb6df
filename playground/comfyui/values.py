"""Values that the modules share: a prompt, its outcome, its stages."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from playground.comfyui.graph import Json


class Stage(StrEnum):
    """How far a prompt is; tests wait for these."""

    QUEUED = "queued"
    STARTED = "started"
    LOADING = "loading"
    ENCODING = "encoding"
    SAMPLING = "sampling"
    DECODING = "decoding"
    SAVING = "saving"
    DONE = "done"


class Outcome(StrEnum):
    """How a run ended. `LOST`: the server was stopped or forgot the prompt in mid-run."""

    SUCCESS = "success"
    ERROR = "error"
    INTERRUPTED = "interrupted"
    LOST = "lost"


class Failure(StrEnum):
    """What `fail_next` breaks: an ordinary exception in the sampler, or the GPU's memory."""

    ERROR = "error"
    MEMORY = "memory"


class PreviewMethod(StrEnum):
    """`extra_data.preview_method`. `TAESD` stands for VideoHelperSuite's own frames (recording 42)."""

    NONE = "none"
    AUTO = "auto"
    LATENT2RGB = "latent2rgb"
    TAESD = "taesd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One accepted POST /prompt: `graph` and `extra` exactly as they are shown in /queue and /history."""

    number: float
    id: str
    graph: Json
    extra: Json
    outputs: tuple[str, ...]

    @property
    def client_id(self) -> str | None:
        """Whose websocket gets the events; None: everybody's."""
        client_id = self.extra.get("client_id")
        return None if client_id is None else str(client_id)

    @property
    def created(self) -> int:
        """Milliseconds since 1970."""
        return int(str(self.extra["create_time"]))

    @property
    def preview_method(self) -> PreviewMethod:
        """Previews are sent only if they were asked for."""
        asked = str(self.extra.get("preview_method", PreviewMethod.NONE))
        return PreviewMethod(asked) if asked in list(PreviewMethod) else PreviewMethod.NONE

    def as_entry(self) -> list[object]:
        """The five-part form of /queue and /history."""
        return [self.number, self.id, self.graph, self.extra, list(self.outputs)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What /history keeps of a prompt: `messages` are the pairs of status.messages."""

    prompt: Prompt
    outcome: Outcome
    outputs: Json
    meta: Json
    messages: tuple[tuple[str, Mapping[str, object]], ...]

    def as_entry(self) -> Json:
        """The value under the prompt's id in /history."""
        return {
            "prompt": self.prompt.as_entry(),
            "outputs": self.outputs,
            "status": self.as_status(),
            "meta": self.meta,
        }

    def as_status(self) -> Json:
        """`status_str` says "error" for a fault and for an interrupt (recordings 11, 12)."""
        succeeded = self.outcome is Outcome.SUCCESS
        return {
            "status_str": "success" if succeeded else "error",
            "completed": succeeded,
            "messages": [[kind, data] for kind, data in self.messages],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What really happened with one prompt. `executed`: the nodes that ran; none if all was cached.

    `sampled`: whether a sampler ran to its end, which is what costs a GPU's time.
    """

    prompt_id: str
    graph: Json
    executed: tuple[str, ...]
    seconds: float
    outcome: Outcome
    sampled: bool


def now() -> int:
    """Milliseconds since 1970, as every timestamp of ComfyUI."""
    return int(time.time() * 1000)
