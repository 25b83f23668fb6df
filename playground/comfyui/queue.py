"""ComfyUI's queue and history."""

import asyncio
import heapq
from collections.abc import Callable, Iterable

from playground.comfyui.graph import Json
from playground.comfyui.values import Finished, Prompt


class PromptQueue:
    """The prompts that wait and run, and their history. `changed` is called when ComfyUI sends a status."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.running: Prompt | None = None
        self.history: dict[str, Finished] = {}
        self._changed = changed
        self._heap: list[tuple[float, int, Prompt]] = []
        self._serial = 0
        self._new_prompt = asyncio.Event()

    @property
    def pending(self) -> list[Prompt]:
        """What waits, in heap order as in the original: sort by number."""
        return [prompt for _, _, prompt in self._heap]

    @property
    def remaining(self) -> int:
        """`queue_remaining`: what waits and what runs."""
        return len(self._heap) + (self.running is not None)

    def put(self, prompt: Prompt) -> None:
        """Queue a prompt; the smallest number runs first."""
        self._serial += 1
        heapq.heappush(self._heap, (prompt.number, self._serial, prompt))
        self._new_prompt.set()
        self._changed()

    async def take(self) -> Prompt:
        """Wait for the next prompt and make it the running one."""
        while not self._heap:
            self._new_prompt.clear()
            await self._new_prompt.wait()
        self.running = heapq.heappop(self._heap)[-1]
        self._changed()
        return self.running

    def finish(self, finished: Finished | None) -> None:
        """The running prompt is over; None leaves no history."""
        self.running = None
        if finished:
            self.history.pop(finished.prompt.id, None)
            self.history[finished.prompt.id] = finished
        self._changed()

    def delete(self, prompt_ids: Iterable[object]) -> None:
        """Drop waiting prompts; the running one is not touched (recording 12)."""
        for prompt_id in prompt_ids:
            left = [entry for entry in self._heap if entry[-1].id != prompt_id]
            if len(left) < len(self._heap):
                heapq.heapify(left)
                self._heap = left
                self._changed()

    def clear(self) -> None:
        """Drop all that waits."""
        self._heap = []
        self._changed()

    def status(self) -> Json:
        """The data of a status message."""
        return {"status": {"exec_info": {"queue_remaining": self.remaining}}}
