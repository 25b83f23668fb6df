"""Overwrites pictures on every server that may have them, also on those that another process drives."""

import asyncio
import logging
from collections.abc import Mapping

from jobs.uploads import Uploads, upload_name
from storage import Job, Store, StoreError

log = logging.getLogger(__name__)

POLL_SECONDS = 10.0


class UploadErasure:
    """Erases on the own servers at once, and by rows on those of others. `alone`: there are no others."""

    def __init__(self, store: Store, uploads: Mapping[str, Uploads], *, alone: bool) -> None:
        self._store = store
        self._uploads = uploads
        self._alone = alone

    async def erase(self, job: Job, picture: str) -> None:
        """Overwrite one of the job's pictures wherever it may be. Raises StoreError."""
        name = upload_name(job, picture)
        for server, uploads in self._uploads.items():
            await uploads.erase(name, was_there=job.server == server)
        if not self._alone:
            await self._store.add_stale_upload(name, beside=self._uploads.keys(), job_server=job.server)

    async def run(self) -> None:
        """Erase what other processes ask for, until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.work_off()
            except StoreError as err:
                log.warning("what is to be erased on the servers cannot be read: %s", err)

    async def work_off(self) -> None:
        """Erase what other processes asked for, on the servers that answer. Raises StoreError."""
        for server, uploads in self._uploads.items():
            for stale in await self._store.stale_uploads(server):
                if await uploads.erase(stale.name, was_there=stale.was_there):
                    await self._store.remove_stale_upload(stale)
