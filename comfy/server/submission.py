"""Submit a job once: looked up by id before each repetition, since the same id twice runs twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

import stamina

from comfy.errors import (
    GraphRejected,
    MissingModel,
    NodeMissing,
    ServerFault,
    ServerTooOld,
    ServerUnreachable,
    SubmissionFailed,
)
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.responses import JobPosition
from comfy.server.availability import Availability
from comfy.workflows.graph import Graph

MAX_SUBMISSIONS = 3  # of one job that is not answered, or with a 5xx


class Submitter:
    """Submits jobs to one server."""

    def __init__(
        self,
        endpoints: Endpoints,
        availability: Availability,
        *,
        locate: Callable[[str], Awaitable[JobPosition | None]],
        cancel: Callable[[str], Awaitable[None]],
        client_id: Callable[[], str],
        on_missing: Callable[[], None],
        stuck_timeout: float,
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        """`on_missing` is called when a graph was rejected for what the server lacks.

        `stuck_timeout`: seconds to wait for a server that is stuck; `changed` waits for its next change.
        """
        self._endpoints = endpoints
        self._availability = availability
        self._locate = locate
        self._cancel = cancel
        self._client_id = client_id
        self._on_missing = on_missing
        self._stuck_timeout = stuck_timeout
        self._changed = changed

    async def submit(self, prompt_id: str, graph: Graph, *, tries: int) -> None:
        """POST a job that is not there; up to `tries` times where that is answered 5xx.

        Raises what `Server.submit` raises.
        """
        await self._wait_until_not_stuck()

        def is_tried_again(err: Exception) -> bool:
            nonlocal tries
            tries -= isinstance(err, SubmissionFailed)
            return isinstance(err, ServerUnreachable) or (isinstance(err, SubmissionFailed) and tries > 0)

        async for attempt in stamina.retry_context(on=is_tried_again, attempts=MAX_SUBMISSIONS):
            with attempt:
                # An unanswered request may have arrived.
                if attempt.num == 1 or await self._locate(prompt_id) is None:
                    await self._post(prompt_id, graph)

    async def _post(self, prompt_id: str, graph: Graph) -> None:
        try:
            queued_id, fault = await self._endpoints.submit(prompt_id, graph.as_json(), self._client_id())
        except GraphRejected as err:
            self._reject(err)
        except ServerFault as err:
            # A gateway's 5xx says nothing of the server behind it, which may have the job.
            if await self._locate(prompt_id) is None:
                self._availability.failed(prompt_id)
                raise SubmissionFailed(reason=err.description) from err
            return
        if queued_id != prompt_id:
            await self._cancel(queued_id)
            raise ServerTooOld
        if fault:
            # Accepted all the same: it would run a part of the graph.
            await self._cancel(prompt_id)
            self._reject(fault)

    def _reject(self, rejection: GraphRejected) -> NoReturn:
        if isinstance(rejection, MissingModel | NodeMissing):
            self._on_missing()
        raise rejection

    async def _wait_until_not_stuck(self) -> None:
        try:
            async with asyncio.timeout(self._stuck_timeout):
                while self._availability.stuck:
                    await self._changed()
        except TimeoutError as err:
            raise ServerUnreachable(reason="it does not stop a job") from err
