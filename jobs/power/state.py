"""What the power manager does at the moment, as the worker and the statuses of waiting jobs need it."""

import time
from dataclasses import dataclass, field

from jobs.power.quiet_hours import QuietHours


@dataclass(slots=True, kw_only=True)
class PowerState:
    """`waking`: how many seconds each server that is being woken takes; `stopping`: those being stopped."""

    quiet: QuietHours = field(default_factory=QuietHours)
    waking: dict[str, float] = field(default_factory=dict[str, float])
    stopping: set[str] = field(default_factory=set[str])

    def quiet_until(self) -> float | None:
        """The Unix time at which the quiet hours of now end, if these are any."""
        return self.quiet.until(time.time())

    def may_claim(self, server: str) -> bool:
        """Whether a job may be started on that server now."""
        return server not in self.stopping and self.quiet_until() is None

    def wake_seconds(self) -> float | None:
        """How long the server takes that is awake first; None where none is being woken."""
        return min(self.waking.values(), default=None)
