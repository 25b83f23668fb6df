"""The pictures on one server: cut to the clip's size and sent once, as long as the server lives."""

import asyncio

import comfy
import media
from storage import Files, Job

REMEMBERED = 64  # pictures


class Uploads:
    """Sends pictures ahead of their jobs, so that the GPU need not wait for them."""

    def __init__(self, server: comfy.Server, files: Files, pictures: media.Media) -> None:
        self._server = server
        self._files = files
        self._media = pictures
        self._sent: dict[str, tuple[int, str]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def send(self, job: Job) -> str:
        """How the server's LoadImage calls this job's picture. Raises ComfyError, MediaError, OSError."""
        async with self._one_at_a_time:
            life, reference = self._sent.get(picture_name(job), (None, ""))
            if (
                life != self._server.connection_epoch
            ):  # a server that came back may have emptied its temp folder
                life, reference = self._server.connection_epoch, await self._upload(job)
                self._remember(picture_name(job), life, reference)
            return reference

    def forget(self, job: Job) -> None:
        """Send this picture anew next time: the server says that it is not there."""
        self._sent.pop(picture_name(job), None)

    async def _upload(self, job: Job) -> str:
        picture = await self._files.picture(job.picture)
        fitted = await self._media.fit_picture(picture, job.params.width, job.params.height)
        return await self._server.upload(fitted, name=picture_name(job))

    def _remember(self, name: str, life: int, reference: str) -> None:
        self._sent[name] = (life, reference)
        while len(self._sent) > REMEMBERED:
            del self._sent[next(iter(self._sent))]


def picture_name(job: Job) -> str:
    """From the picture and its size: a reroll finds it there."""
    return f"{job.picture[:16]}-{job.params.width}x{job.params.height}.png"
