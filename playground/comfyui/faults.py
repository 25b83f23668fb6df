"""The faults that are switched on; server, sockets and engine check them."""

from collections import Counter
from dataclasses import dataclass, field, fields
from enum import StrEnum

from playground.comfyui.values import Failure


class OneTimeFault(StrEnum):
    """Faults that happen to the next thing of their kind and are over then."""

    REJECTION = "rejection"
    HANG = "hang"
    EMPTY_OUTPUT = "empty output"
    CUT_DOWNLOAD = "cut download"
    LOST_ANSWER = "lost answer"


class SocketFault(StrEnum):
    """What becomes of a websocket behind a gateway that passes HTTP only, if not refused by a status."""

    HANG = "hang"  # the handshake is not answered
    CUT = "cut"  # the connection is cut in the handshake
    CLOSE = "close"  # it is opened, and closed at once
    MUTE = "mute"  # it is opened, and nothing is passed on


@dataclass(slots=True, kw_only=True)
class CannedAnswer:
    """An answer given `times` times instead of the real one, to requests whose path contains `path`.

    `method`: of requests with this method alone, "" for all.
    """

    status: int
    method: str
    path: str
    times: int
    body: bytes
    content_type: str


@dataclass(slots=True)
class Faults:
    """Lasting switches, and faults that are used up; the methods of `ComfyUI` set them."""

    silent: bool = False
    socket: int | SocketFault | None = None
    history_without_outputs: bool = False
    history_without_entries: bool = False
    deaf: bool = False
    stalled_path: str | None = None
    slowness: float = 1.0
    ignores_prompt_id: bool = False
    ignores_interrupt_id: bool = False
    failure: Failure | None = None
    oversize: int = 0
    late_status: int = 0
    once: Counter[OneTimeFault] = field(default_factory=Counter[OneTimeFault])
    answers: list[CannedAnswer] = field(default_factory=list[CannedAnswer])

    def reset(self) -> None:
        """Switch all faults off."""
        healthy = Faults()
        for switch in fields(self):
            setattr(self, switch.name, getattr(healthy, switch.name))

    def take(self, fault: OneTimeFault) -> bool:
        """Whether this fault is to happen now; uses it up."""
        is_due = self.once[fault] > 0
        self.once[fault] -= is_due
        return is_due

    def take_failure(self) -> Failure | None:
        """The failure to happen now, once."""
        failure, self.failure = self.failure, None
        return failure

    def take_oversize(self) -> int:
        """By how many bytes the download now beginning is to be too large, once."""
        oversize, self.oversize = self.oversize, 0
        return oversize

    def take_late_status(self) -> int:
        """The status to answer once instead of that of a POST /prompt that was carried out; 0 for none."""
        status, self.late_status = self.late_status, 0
        return status

    def take_answer(self, method: str, path: str) -> CannedAnswer | None:
        """The canned answer for a request, once."""
        for answer in self.answers:
            if answer.times > 0 and answer.path in path and answer.method in ("", method):
                answer.times -= 1
                return answer
        return None
