"""Count the sampling steps of a run over all samplers of its graph, from their progress bars. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

from comfy.graphs.ancestors import only_executed
from comfy.workflows.events import Sampling
from comfy.workflows.graph import Graph

# WanVideoWrapper's samplers count the weights they load on the same bar; its smallest model has over 800.
COUNTS_WEIGHTS = "WanVideo"
LEAST_WEIGHTS = 400


class Tick(Enum):
    """What a progress bar of a sampler counts."""

    STEP = auto()
    WEIGHTS = auto()
    OTHER = auto()  # such as frames that it encodes, or a message that comes late


@dataclass(slots=True, kw_only=True)
class SamplerCount:
    """The bars of one sampler: those that are full, and the one at `value` of `maximum` (0 before the first).

    `steps`, `bars`: how many steps in how many bars are expected; `over`: whether the sampler has ended.
    """

    steps: int
    bars: int = 1
    full_bars: int = 0
    full_steps: int = 0
    value: int = 0
    maximum: int = 0
    over: bool = False

    @property
    def done(self) -> int:
        """The steps taken; all that were expected where it ended without any bar."""
        if self.over and not self.maximum:
            return self.steps
        return self.full_steps + (self.maximum if self.over else self.value)

    @property
    def total(self) -> int:
        """All its steps: its bar's own maximum counts, before its first bar what is expected."""
        if self.over or not self.maximum:
            return self.done if self.over else self.steps
        return self.full_steps + self.maximum * max(1, self.bars - self.full_bars)

    @property
    def seen(self) -> int:
        """The steps that a bar told."""
        return self.done if self.maximum else 0

    def count(self, value: int, maximum: int) -> bool:
        """Take a tick of its bar; False for one that comes late."""
        if self._is_next_bar(value):
            self.full_bars, self.full_steps = self.full_bars + 1, self.full_steps + self.maximum
            self.value, self.maximum = value, maximum
        elif self.over:
            return False
        else:
            # Two bars for the same steps may have different maxima; a tick may overtake another.
            self.value, self.maximum = max(self.value, value), max(self.maximum, maximum)
        self.over = False
        return True

    def _is_next_bar(self, value: int) -> bool:
        if self.over or self.value >= self.maximum:
            return self.maximum > 0 and value * 2 <= self.maximum and value < self.value
        return value * 2 < self.value


class StepCounter:
    """`steps`: how many were seen so far, without those of samplers whose result was cached."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._samplers = {
            name: SamplerCount(steps=steps, bars=graph.sampler_bars.get(name, 1))
            for name, steps in graph.sampler_steps.items()
        }
        self._done = 0

    @property
    def steps(self) -> int:
        """The steps that bars told, over all samplers."""
        return sum(each.seen for each in self._samplers.values())

    def sampling(self, sampler: str) -> Sampling | None:
        """Where the whole run stands, for an event about that sampler; None where no steps are known.

        It never goes backwards.
        """
        self._done = max(self._done, sum(each.done for each in self._samplers.values()))
        total = max(self._done, sum(each.total for each in self._samplers.values()))
        return Sampling(step=self._done, steps=total, sampler=sampler) if total else None

    def skip(self, cached: Collection[str]) -> None:
        """Count as done all samplers that do not run because results are cached."""
        executed = only_executed(self._graph.nodes, self._graph.output, frozenset(cached))
        for name in self._samplers.keys() - executed.keys():
            self.end(name)

    def end(self, node: str) -> None:
        """The node has ended; nothing happens where it is no sampler."""
        if sampler := self._samplers.get(node):
            sampler.over = True

    def count(self, node: str, value: int, maximum: int) -> Tick:
        """Count a tick of a sampler's bar, and say what it is."""
        sampler = self._samplers.setdefault(node, SamplerCount(steps=0))
        if self._is_wrapped(node):
            if self._counts_weights(sampler, maximum):
                return Tick.WEIGHTS
            # It encodes and decodes in between, with bars of their own.
            if sampler.maximum not in (0, maximum) and maximum != sampler.steps:
                return Tick.OTHER
        is_step = 0 <= value <= maximum and maximum > 0 and sampler.count(value, maximum)
        return Tick.STEP if is_step else Tick.OTHER

    def _is_wrapped(self, node: str) -> bool:
        return node in self._graph.nodes and COUNTS_WEIGHTS in self._graph.nodes[node].class_type

    def _counts_weights(self, sampler: SamplerCount, maximum: int) -> bool:
        return maximum >= LEAST_WEIGHTS and maximum not in (sampler.steps, sampler.maximum)
