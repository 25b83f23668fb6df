"""The numbers that an input takes."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The numbers `least`, `least + step`, … up to `most`; all in between where `step` is 0."""

    least: float
    most: float
    step: float = 0

    def __contains__(self, value: float) -> bool:
        return self.least <= value <= self.most and (not self.step or (value - self.least) % self.step == 0)

    def __str__(self) -> str:
        least, most, step = (
            int(each) if float(each).is_integer() else each for each in (self.least, self.most, self.step)
        )
        return f"{least} … {most}" + (f" in steps of {step}" if step else "")

    def nearest(self, value: float) -> float:
        """The number of the range that is nearest to `value`."""
        if not self.step:
            return min(max(value, self.least), self.most)
        last = math.floor((self.most - self.least) / self.step)
        return self.least + self.step * min(max(round((value - self.least) / self.step), 0), last)
