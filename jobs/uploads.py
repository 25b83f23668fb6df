"""Uploads of pictures to one server: cut to the clip's size, if any, sent once for each connection."""

import asyncio
from dataclasses import dataclass

import comfy
import media
from jobs.server import ComputeServer
from storage import Blobs, Job

MAX_REMEMBERED = 64  # pictures
FOLDER = comfy.UPLOAD_SUBFOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """A job's pictures as LoadImage names them; `last_image`: what the clip ends on, if anything."""

    image: str
    last_image: str | None = None


class Uploads:
    """Uploads the pictures of jobs, also ahead of their turn, and remembers what the server has."""

    def __init__(self, server: ComputeServer, files: Blobs, pictures: media.Media) -> None:
        self._server = server
        self._files = files
        self._media = pictures
        self._sent: dict[str, tuple[int, str]] = {}
        self._lock = asyncio.Lock()

    async def send(self, job: Job) -> Pictures:
        """Upload the job's pictures unless they are there. Raises ComfyError, MediaError, OSError."""
        async with self._lock:
            image = await self._send(job, job.picture)
            last = await self._send(job, job.last_picture) if job.last_picture else None
            return Pictures(image=image, last_image=last)

    def forget(self, job: Job) -> None:
        """Upload these pictures again next time: the server said that one is not there."""
        for picture in job.pictures:
            self._sent.pop(upload_name(job, picture), None)

    async def erase(self, name: str, *, was_there: bool) -> bool:
        """Overwrite the upload of that name (of `upload_name`) if the server may have it; whether it answers.

        `was_there`: it had the job, else the upload was at most sent ahead. Raises nothing.
        """
        async with self._lock:
            _, reference = self._sent.pop(name, (0, ""))
            if self._server.reachable and (reference or was_there):
                sent = reference.removeprefix(f"{FOLDER}/").removesuffix(" [temp]") or name
                await self._server.overwrite(comfy.OutputFile(filename=sent, subfolder=FOLDER, type="temp"))
            return self._server.reachable

    async def _send(self, job: Job, picture: str) -> str:
        """The reference to a picture on the server, uploaded if it is not there."""
        name = upload_name(job, picture)
        epoch, reference = self._sent.get(name, (None, ""))
        if epoch != self._server.connection_epoch:  # a server that came back may have emptied its temp folder
            epoch = self._server.connection_epoch
            reference = await self._server.upload(await self._fitted(job, picture), name=name)
            self._remember(name, epoch, reference)
        return reference

    async def _fitted(self, job: Job, picture: str) -> bytes:
        data, size = await self._files.read_picture(picture), job.params.size
        return await self._media.fit_picture(data, *size) if size else data

    def _remember(self, name: str, epoch: int, reference: str) -> None:
        self._sent[name] = (epoch, reference)
        while len(self._sent) > MAX_REMEMBERED:
            del self._sent[next(iter(self._sent))]


def picture_name(job: Job) -> str:
    """The upload's file name, from the picture's sha256 and size: a reroll finds it there."""
    return upload_name(job, job.picture)


def last_picture_name(job: Job) -> str | None:
    """As `picture_name`, of the picture that the clip ends on; None where there is none."""
    return upload_name(job, job.last_picture) if job.last_picture else None


def upload_name(job: Job, picture: str) -> str:
    """The file name of the upload of one of the job's pictures."""
    size = job.params.size
    return f"{picture[:16]}-{size[0]}x{size[1]}.png" if size else f"{picture[:16]}-whole.png"
