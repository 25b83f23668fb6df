"""Put a finished file in its place, also while another program holds it open for a moment."""

import asyncio
import errno
import time
from pathlib import Path

from media.errors import BadClip, ClipFault

REPLACE_SECONDS = 5.0  # for which it is tried again: on Windows scanners and viewers hold files open
_PAUSE_SECONDS = 0.1
_BUSY = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY})


async def replace_file(made: Path, target: Path) -> None:
    """Rename `made` to `target`. Raises BadClip with `busy` where it is still held after REPLACE_SECONDS."""
    deadline = time.monotonic() + REPLACE_SECONDS
    while True:
        try:
            await asyncio.to_thread(made.replace, target)
        except OSError as err:
            if err.errno not in _BUSY:
                raise
            if time.monotonic() >= deadline:
                raise BadClip(ClipFault.BUSY) from err
        else:
            return
        await asyncio.sleep(_PAUSE_SECONDS)
