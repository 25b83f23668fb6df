"""What is going wrong at the moment: switches that the server, the sockets and the engine look at."""

from dataclasses import dataclass, field, fields

from .values import Failure


@dataclass(slots=True, kw_only=True)
class CannedAnswer:
    """An answer given `times` times instead of the real one, to requests whose path contains `path`."""

    status: int
    path: str
    times: int
    body: bytes
    content_type: str


@dataclass(slots=True)
class Faults:
    """Lasting switches, and counters that are used up; the methods of `ComfyUI` set them."""

    silent: bool = False
    deaf: bool = False
    stalled_path: str | None = None
    slowness: float = 1.0
    ignores_prompt_id: bool = False
    ignores_interrupt_id: bool = False
    failure: Failure | None = None
    rejections: int = 0
    hangs: int = 0
    empty_outputs: int = 0
    cut_downloads: int = 0
    oversize: int = 0
    lost_answers: int = 0
    answers: list[CannedAnswer] = field(default_factory=list[CannedAnswer])

    def reset(self) -> None:
        """Nothing is wrong any more."""
        healthy = Faults()
        for switch in fields(self):
            setattr(self, switch.name, getattr(healthy, switch.name))

    def take(self, counter: str) -> bool:
        """Use up one of a counter; whether there was one."""
        left = int(getattr(self, counter))
        setattr(self, counter, max(left - 1, 0))
        return left > 0

    def take_failure(self) -> Failure | None:
        """The failure to happen now, once."""
        failure, self.failure = self.failure, None
        return failure

    def take_answer(self, path: str) -> CannedAnswer | None:
        """The canned answer for a path, once."""
        for answer in self.answers:
            if answer.times > 0 and answer.path in path:
                answer.times -= 1
                return answer
        return None
