"""/history: a person's jobs in pages, with the first frame of each clip."""

import asyncio
import contextlib
import io
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import discord
from discord import app_commands

import media
from cogs.actions.context import BotContext
from cogs.i18n.catalogue import command_text
from cogs.messages.targets import NO_MENTIONS
from cogs.ui.handlers import Handlers, InteractiveCog
from cogs.ui.history_card import Page, poster_name, render_page
from cogs.ui.submissions import parse_number
from jobs.errors import Refusal
from jobs.requester import Requester
from storage import BlobsUnavailable, Job, Store

log = logging.getLogger(__name__)

PAGE_SIZE = 5
POSTER_TIMEOUT = 10.0  # seconds for the first frames of a page; what takes longer is left out


class History(InteractiveCog):
    """`/history` and the buttons for older and newer pages, whose argument is a job's seq."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self._waiting = set[int]()  # people whose page is being made
        self.handlers = Handlers(buttons={"older": self._show_older, "newer": self._show_newer})

    @app_commands.command(description=command_text("command_history"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def history(self, interaction: discord.Interaction) -> None:
        """Show the newest page."""

        async def handle(requester: Requester) -> None:
            await interaction.response.defer(ephemeral=True)
            page = await read_older(self._context.store, requester.user_id)
            await self._show(interaction, requester, page)

        await self._context.answer(interaction, handle)

    async def _show_older(
        self, interaction: discord.Interaction, argument: str, requester: Requester
    ) -> None:
        seq = _seq(argument)
        await interaction.response.defer()
        page = await read_older(self._context.store, requester.user_id, before=seq)
        await self._show(interaction, requester, page)

    async def _show_newer(
        self, interaction: discord.Interaction, argument: str, requester: Requester
    ) -> None:
        seq = _seq(argument)
        await interaction.response.defer()
        page = await read_newer(self._context.store, requester.user_id, after=seq)
        await self._show(interaction, requester, page)

    async def _show(self, interaction: discord.Interaction, requester: Requester, page: Page) -> None:
        shown = await self._context.shown_to(requester, page.jobs)
        page = replace(page, jobs=[shown[job.id] for job in page.jobs])
        posters = await self._posters_for(requester.user_id, page.jobs)
        files = [
            discord.File(io.BytesIO(posters[job.id]), poster_name(job))
            for job in page.jobs
            if job.id in posters
        ]
        card = render_page(requester.locale, page, posters.keys())
        await interaction.edit_original_response(view=card, attachments=files, allowed_mentions=NO_MENTIONS)

    async def _posters_for(self, user_id: int, jobs: Sequence[Job]) -> Mapping[str, bytes]:
        """The first frames, as JPEG by the job's id, of the clips that are still kept.

        One page of a person is made at a time: whoever asks for another one meanwhile gets it at once, with
        those frames that are known.
        """
        posters = self._context.pictures.posters
        if user_id in self._waiting:
            return await self._posters(jobs, posters.known)
        self._waiting.add(user_id)
        try:
            return await self._posters(jobs, posters.get)
        finally:
            self._waiting.discard(user_id)

    async def _posters(
        self, jobs: Sequence[Job], look: Callable[[Path], Awaitable[bytes | None]]
    ) -> Mapping[str, bytes]:
        """What `look` finds for the clips of these jobs, within POSTER_TIMEOUT."""
        found = dict[str, bytes]()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POSTER_TIMEOUT):
                for job in jobs:
                    poster = await self._poster(job, job.clip, look) if job.clip else None
                    if poster:
                        found[job.id] = poster
        return found

    async def _poster(
        self, job: Job, clip: str, look: Callable[[Path], Awaitable[bytes | None]]
    ) -> bytes | None:
        try:
            async with self._context.files.clip(clip) as path:
                return await look(path)
        except (media.MediaError, BlobsUnavailable) as err:
            log.warning("job %s: its clip shows no first picture: %r", job.id, err)
            return None


async def read_older(store: Store, user_id: int, *, before: int | None = None) -> Page:
    """The page of jobs older than the seq `before`; the newest page without it, or where none are older."""
    jobs = await store.history(user_id, before=before, limit=PAGE_SIZE + 1)
    if before is not None and not jobs:
        return await read_older(store, user_id)
    return Page(jobs=jobs[:PAGE_SIZE], newer=before is not None, older=len(jobs) > PAGE_SIZE)


async def read_newer(store: Store, user_id: int, *, after: int) -> Page:
    """The page of jobs newer than the seq `after`; the newest page where that is not full."""
    jobs = await store.history_after(user_id, after=after, limit=PAGE_SIZE + 1)
    if len(jobs) <= PAGE_SIZE:
        return await read_older(store, user_id)
    return Page(jobs=jobs[-PAGE_SIZE:], newer=True, older=True)


def _seq(argument: str) -> int:
    """The seq in a button's custom id. Raises Refusal."""
    if (number := parse_number(argument)) is None:
        raise Refusal("outdated")
    return number
