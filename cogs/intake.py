"""The way in: a picture and a wish become a row of the queue, or a refusal."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import media
from cogs.attachments import MAX_MEGABYTES, MAX_MEGAPIXELS, Attachments
from cogs.gate import Share
from cogs.refusal import Refusal
from cogs.wish import Wish, build_params, offered_models, other_seed, parse_choices, pick_presets
from comfy import Choice, Server, Workflow
from storage import Admission, Files, Job, Params, Refused, Request, Store, StoreError

log = logging.getLogger(__name__)

LIMITS = {media.PictureFault.TOO_LARGE: MAX_MEGABYTES, media.PictureFault.TOO_MANY_PIXELS: MAX_MEGAPIXELS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, where, in which language."""

    user_id: int
    guild_id: int
    channel_id: int
    locale: str
    share: Share


class Intake:
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

    async def animate(self, asker: Asker, wish: Wish, url: str, key: str) -> Admission:
        """Fetch and clean the picture, keep it, and put the job in line. Raises Refusal."""
        wish.check()
        picture = await self._clean(await self._attachments.fetch(url))
        params = self._params(wish, (picture.width, picture.height))
        return await self._admit(asker, key, params, await self._keep(picture), parent=None)

    async def reroll(self, asker: Asker, parent: Job, message_id: int) -> Admission:
        """Another one of a finished job, with a new seed. Raises Refusal.

        The key counts the person's finished rerolls: twice within a running one is once.
        """
        finished = await self._store.finished_rerolls(parent.id, asker.user_id)
        params = parent.params.rerolled(other_seed(parent.params.seed))
        key = f"reroll {message_id} {asker.user_id} {finished}"
        return await self._admit(asker, key, params, parent.picture, parent=parent.id)

    def _params(self, wish: Wish, size: tuple[int, int]) -> Params:
        params = build_params(wish, size, pick_presets(self.models(), wish.model))
        return replace(params, choices=parse_choices(wish.choices, self.choices(params.workflow)))

    async def _clean(self, data: bytes) -> media.Picture:
        try:
            return await self._pictures.clean_picture(data)
        except media.BadPicture as err:
            raise Refusal(err.code.value, limit=LIMITS.get(err.code, 0)) from err
        except media.MediaError as err:
            log.error("a picture could not be cleaned: %s", err)
            raise Refusal("internal") from err

    async def _keep(self, picture: media.Picture) -> str:
        try:
            return await self._files.keep_picture(picture.data)
        except OSError as err:
            log.error("a picture cannot be written: %s", err)
            raise Refusal("full") from err

    async def _admit(
        self, asker: Asker, key: str, params: Params, picture: str, parent: str | None
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
