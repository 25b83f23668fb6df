"""The way in: a picture and a wish become a row of the queue, or a refusal."""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import media
from cogs.access.policy import QueueShare
from cogs.actions.attachments import MAX_MEGABYTES, MAX_MEGAPIXELS, Attachments
from comfy import Choice, Server, Workflow
from jobs.advice import Advice, advise
from jobs.errors import Refusal
from jobs.options import (
    Options,
    build_params,
    change_params,
    offered_models,
    other_seed,
    parse_choices,
    pick_presets,
)
from storage import Admission, Files, Job, Params, Refused, Request, Store, StoreError

log = logging.getLogger(__name__)

RECALLED = re.compile("#([0-9a-f]{8})")  # what stands for a prompt too long to be offered whole
LIMITS = {media.PictureFault.TOO_LARGE: MAX_MEGABYTES, media.PictureFault.TOO_MANY_PIXELS: MAX_MEGAPIXELS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, where, in which language."""

    user_id: int
    guild_id: int
    channel_id: int
    locale: str
    share: QueueShare


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What became of a wish: its job, whether it is a new one, and advice for the next."""

    job: Job
    created: bool
    advice: tuple[Advice, ...] = ()


class JobService:
    """Admits jobs. Everything that is refused is refused as a Refusal."""

    def __init__(
        self,
        *,
        store: Store,
        files: Files,
        pictures: media.Media,
        attachments: Attachments,
        workflows: Mapping[str, Workflow],
        servers: Sequence[Server],
    ) -> None:
        self._store = store
        self._files = files
        self._pictures = pictures
        self._attachments = attachments
        self._workflows = workflows
        self._servers = servers

    def models(self) -> Mapping[str, Mapping[str, Workflow]]:
        """The models that can be had at this moment, each with its presets."""
        runnable = frozenset[str]().union(*(server.runnable for server in self._servers))
        return offered_models(self._workflows, runnable)

    def choices(self, workflow: str) -> Mapping[str, Choice]:
        """What some server lets people choose in this workflow."""
        offered: dict[str, Choice] = {}
        for server in self._servers:
            offered |= server.choices(workflow)
        return offered

    async def recall(self, asker: Asker, options: Options) -> Options:
        """The wish, where its prompt is the name of an earlier job of theirs, with the prompt of that."""
        named = RECALLED.fullmatch(options.prompt.strip())
        job = await self._store.by_short(named[1]) if named else None
        return replace(options, prompt=job.params.prompt) if job and job.user_id == asker.user_id else options

    async def animate(self, asker: Asker, options: Options, url: str, key: str) -> Admitted:
        """Fetch and clean the picture, keep it, and put the job in line. Raises Refusal."""
        options.check()
        picture = await self._clean(await self._attachments.fetch(url))
        params = self._params(options, (picture.width, picture.height))
        admission = await self._admit(asker, key, params, await self._keep(picture.data))
        return Admitted(
            job=admission.job,
            created=admission.created,
            advice=advise(params.prompt, params.negative_prompt, picture.issues),
        )

    async def reroll(self, asker: Asker, parent: Job, message_id: int) -> Admitted:
        """Another one of a finished job, with a new seed. Raises Refusal.

        The key counts the person's finished rerolls: twice within a running one is once.
        """
        params = parent.params.rerolled(other_seed(parent.params.seed))
        return await self._repeat(asker, parent, params, f"reroll {message_id}")

    async def retry(self, asker: Asker, parent: Job, params: Params) -> Admitted:
        """A job that came to nothing once more, with these parameters. Twice within one is once.

        Raises Refusal.
        """
        return await self._repeat(asker, parent, params, f"retry {parent.id}")

    async def change(self, asker: Asker, parent: Job, options: Options, key: str) -> Admitted:
        """Another one of a job, with what the wish names changed. Raises Refusal."""
        params = change_params(parent.params, options, self._workflows.get(parent.params.workflow))
        admitted = await self._child(asker, parent, params, key)
        return replace(admitted, advice=advise(params.prompt, params.negative_prompt))

    async def extend(
        self, asker: Asker, parent: Job, options: Options, *, after: str | None, key: str
    ) -> Admitted:
        """What comes next: a job that starts from the last frame of a clip. Raises Refusal.

        `after` is the id of the job whose clip is to stand before it in one file.
        """
        options = replace(options, seed=other_seed(parent.params.seed))
        params = change_params(parent.params, options, self._workflows.get(parent.params.workflow))
        if after and not await self._store.find(after):
            raise Refusal("gone")
        frame = await self._last_frame(parent)
        admission = await self._admit(
            asker, key, replace(params, after=after), await self._keep(frame), parent=parent.id
        )
        advice = advise(params.prompt, params.negative_prompt)
        return Admitted(job=admission.job, created=admission.created, advice=advice)

    async def _repeat(self, asker: Asker, parent: Job, params: Params, key: str) -> Admitted:
        finished = await self._store.finished_rerolls(parent.id, asker.user_id)
        return await self._child(asker, parent, params, f"{key} {asker.user_id} {finished}")

    async def _child(self, asker: Asker, parent: Job, params: Params, key: str) -> Admitted:
        """A job of the same picture, as long as that is kept."""
        try:
            await self._files.hold_picture(parent.picture)
        except OSError as err:
            raise Refusal("picture_gone") from err
        admission = await self._admit(asker, key, params, parent.picture, parent=parent.id)
        return Admitted(job=admission.job, created=admission.created)

    async def _last_frame(self, parent: Job) -> bytes:
        path = self._files.clip(parent.clip or "")
        try:
            if not parent.clip or not await asyncio.to_thread(path.is_file):
                raise Refusal("clip_gone")
            return await self._pictures.last_frame(path)
        except media.MediaError as err:
            log.error("job %s: its last frame cannot be read: %s", parent.id, err)
            raise Refusal("clip_gone") from err

    def _params(self, options: Options, size: tuple[int, int]) -> Params:
        params = build_params(options, size, pick_presets(self.models(), options.model))
        return replace(params, choices=parse_choices(options.choices, self.choices(params.workflow)))

    async def _clean(self, data: bytes) -> media.Picture:
        try:
            return await self._pictures.clean_picture(data)
        except media.BadPicture as err:
            raise Refusal(err.code.value, limit=LIMITS.get(err.code, 0)) from err
        except media.MediaError as err:
            log.error("a picture could not be cleaned: %s", err)
            raise Refusal("internal") from err

    async def _keep(self, data: bytes) -> str:
        try:
            return await self._files.keep_picture(data)
        except OSError as err:
            log.error("a picture cannot be written: %s", err)
            raise Refusal("full") from err

    async def _admit(
        self, asker: Asker, key: str, params: Params, picture: str, parent: str | None = None
    ) -> Admission:
        request = Request(
            key=key,
            user_id=asker.user_id,
            guild_id=asker.guild_id,
            channel_id=asker.channel_id,
            locale=asker.locale,
            params=params,
            picture=picture,
            parent=parent,
            weight=asker.share.weight,
            head_start=asker.share.head_start,
        )
        try:
            admission = await self._store.admit(request)
        except Refused as err:
            raise Refusal(err.rule, number=err.number or 0, lifts_at=err.lifts_at or 0) from err
        except StoreError as err:
            log.error("a job cannot be admitted: %s", err)
            raise Refusal("full") from err
        log.info("job %s: admitted for person %s", admission.job.id, asker.user_id)
        return admission
