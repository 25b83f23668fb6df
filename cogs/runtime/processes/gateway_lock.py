"""The place of the gateway: one process has it, others wait until that one is dead."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

from storage import Store, StoreError, StoreUnavailable
from storage.database import HeldLock

log = logging.getLogger(__name__)

NAME = "gateway"
RETRY_SECONDS = 1.0  # while the database does not answer
TAKEN_SECONDS = 5.0  # without the lock, though the database answers: another process has it
WAIT_TOLD_SECONDS = 2.0  # of waiting, before the log tells of it


class GatewayTaken(StoreError):
    """Another process became the gateway while this one was cut off from the database."""


class GatewayLock:
    """Held by this process, and taken again where the database was away for a while; `keep` is its task."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stack = contextlib.AsyncExitStack()
        self._held: HeldLock | None = None

    async def take(self) -> None:
        """Wait until no other process has it, however long that takes. Raises StoreError."""
        telling = asyncio.get_running_loop().call_later(
            WAIT_TOLD_SECONDS,
            lambda: log.info("another process is the gateway: this one stands by, and takes over if it dies"),
        )
        try:
            self._held = await self._stack.enter_async_context(self._store.database.lock(NAME))
        finally:
            telling.cancel()

    async def keep(self) -> None:
        """Take it again whenever it is lost. Raises GatewayTaken."""
        while True:
            if self._held:
                await self._held.lost()
                log.warning("the lock of the gateway is lost: taken again as soon as the database answers")
                await self.release()
            try:
                await self._store.database.version()  # whether it answers: the lock waits for that, too
                if await self._take_again():
                    log.info("this process is the gateway again")
                    continue
                await self._store.database.version()
            except StoreUnavailable as err:
                log.debug("no lock yet: %s", err)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                raise GatewayTaken("another process is the gateway now: this one ends")

    async def _take_again(self) -> bool:
        """Take the lock unless another process has it; whether that worked."""
        try:
            async with asyncio.timeout(TAKEN_SECONDS):
                self._held = await self._stack.enter_async_context(self._store.database.lock(NAME))
        except TimeoutError:
            return False
        return True

    async def release(self) -> None:
        """Give it back. Raises nothing: a broken connection has given it back already."""
        self._held = None
        stack, self._stack = self._stack, contextlib.AsyncExitStack()
        with contextlib.suppress(StoreError):
            await stack.aclose()


@contextlib.asynccontextmanager
async def hold_gateway(store: Store) -> AsyncGenerator[GatewayLock]:
    """Be the gateway in this block, once no other process is. Raises StoreError."""
    lock = GatewayLock(store)
    await lock.take()
    try:
        yield lock
    finally:
        await lock.release()
