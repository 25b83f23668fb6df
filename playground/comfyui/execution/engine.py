"""The one worker that runs queued prompts, and can be stopped in one."""

import asyncio

from playground.comfyui.errors import ComfyUIFault
from playground.comfyui.execution.cache import Cache
from playground.comfyui.execution.execution import Execution
from playground.comfyui.execution.node_environment import NodeEnvironment
from playground.comfyui.queue import PromptQueue
from playground.comfyui.sockets import Sockets
from playground.comfyui.timeline import Moment
from playground.comfyui.values import Prompt, Run, Stage

_BEFORE_HISTORY = 0.003  # seconds; at execution_success history is often not filled in yet (recording 17)


class Engine:
    """Runs one prompt after another. `runs` gets a summary of each, also of those that were cut off."""

    def __init__(
        self, environment: NodeEnvironment, sockets: Sockets, prompt_queue: PromptQueue, runs: list[Run]
    ) -> None:
        self.cache = Cache()
        self.current: Execution | None = None
        self._environment = environment
        self._sockets = sockets
        self._prompt_queue = prompt_queue
        self._runs = runs

    async def run(self) -> None:
        """Run queued prompts until cancelled."""
        while True:
            await self._run_one(await self._prompt_queue.take())

    def stop(self, reason: ComfyUIFault) -> None:
        """Stop the running prompt, if there is one."""
        if self.current:
            self.current.stop_signal.set(reason)

    async def _run_one(self, prompt: Prompt) -> None:
        execution = self.current = Execution(prompt, self._environment, self._sockets, self.cache)
        try:
            finished = await execution.run()
        finally:
            self._runs.append(execution.summary())
            self.current = None
        await asyncio.sleep(_BEFORE_HISTORY)
        self._prompt_queue.finish(finished)
        if finished:
            execution.events.ended()
        await self._environment.timeline.record(Moment(prompt_id=prompt.id, stage=Stage.DONE))
