"""Uploads of pictures to one server: cut to the clip's size, sent once for each of its connections."""

import asyncio

import comfy
import media
from jobs.server import ComputeServer
from storage import FileStore, Job

MAX_REMEMBERED = 64  # pictures
FOLDER = comfy.UPLOAD_SUBFOLDER


class Uploads:
    """Uploads the pictures of jobs, also ahead of their turn, and remembers what the server has."""

    def __init__(self, server: ComputeServer, files: FileStore, pictures: media.Media) -> None:
        self._server = server
        self._files = files
        self._media = pictures
        self._sent: dict[str, tuple[int, str]] = {}
        self._lock = asyncio.Lock()

    async def send(self, job: Job) -> str:
        """Upload the job's picture unless it is there; returns its name for LoadImage.

        Raises ComfyError, MediaError, OSError.
        """
        async with self._lock:
            epoch, reference = self._sent.get(picture_name(job), (None, ""))
            if (
                epoch != self._server.connection_epoch
            ):  # a server that came back may have emptied its temp folder
                epoch, reference = self._server.connection_epoch, await self._upload(job)
                self._remember(picture_name(job), epoch, reference)
            return reference

    def forget(self, job: Job) -> None:
        """Upload this picture again next time: the server said that it is not there."""
        self._sent.pop(picture_name(job), None)

    async def erase(self, job: Job) -> None:
        """Overwrite the job's picture where the server may have it and answers. Raises nothing."""
        async with self._lock:
            _, reference = self._sent.pop(picture_name(job), (0, ""))
            if self._server.reachable and (reference or job.server == self._server.name):
                name = reference.removeprefix(f"{FOLDER}/").removesuffix(" [temp]") or picture_name(job)
                await self._server.overwrite(comfy.OutputFile(filename=name, subfolder=FOLDER, type="temp"))

    async def _upload(self, job: Job) -> str:
        picture = await self._files.read_picture(job.picture)
        fitted = await self._media.fit_picture(picture, job.params.width, job.params.height)
        return await self._server.upload(fitted, name=picture_name(job))

    def _remember(self, name: str, epoch: int, reference: str) -> None:
        self._sent[name] = (epoch, reference)
        while len(self._sent) > MAX_REMEMBERED:
            del self._sent[next(iter(self._sent))]


def picture_name(job: Job) -> str:
    """The upload's file name, from the picture's sha256 and size: a reroll finds it there."""
    return f"{job.picture[:16]}-{job.params.width}x{job.params.height}.png"
