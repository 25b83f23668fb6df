"""The context that every cog gets: the opened resources, and the one way of answering an interaction."""

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import discord
from discord.ext import commands

import comfy
import media
from cogs.access.actors import actor_of, location_of, requester_of, require_bot_permissions
from cogs.access.policy import ANYBODY, AccessPolicy, Action
from cogs.actions.attachments import Attachments
from cogs.actions.channel_rights import ChannelRightsFinder
from cogs.actions.in_flight import InFlight
from cogs.discord_api.errors import DISCORD_ERRORS, MISSING_ACCESS, UNKNOWN_CHANNEL
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.discord_api.scheduler import RequestScheduler
from cogs.i18n.catalogue import translate
from cogs.messages.job_messages import JobMessages
from cogs.messages.replies import reply_privately
from cogs.messages.status_facts import decide_status
from cogs.ui.cards import without_link
from cogs.ui.submissions import Upload
from cogs.ui.texts import render_refusal, render_waiting, upcoming
from jobs.errors import Refusal
from jobs.fleet.directory import ServerDirectory
from jobs.notifier import QueueNotifier
from jobs.observing.outages import Outages
from jobs.pace import QueuePositions
from jobs.picture_loader import LoadPicture
from jobs.requester import ChannelRights, Requester
from jobs.service import JobService
from storage import Blobs, Job, Retention, State, Store, StoreError

log = logging.getLogger(__name__)

INTERACTION_TIMEOUT = 60.0  # seconds
CHECK_CHANNEL_TIMEOUT = 1.2  # seconds, of the three in which an interaction must be answered


@dataclass(frozen=True, slots=True, kw_only=True)
class BotContext:
    """The opened resources and the objects built on them, passed to each cog.

    `servers`: those that this process drives; `directory`: knows all.
    """

    client: commands.Bot
    scheduler: RequestScheduler
    policy: AccessPolicy
    rights: ChannelRightsFinder
    retention: Retention
    store: Store
    files: Blobs
    pictures: media.Media
    workflows: Mapping[str, comfy.Workflow]
    servers: Sequence[comfy.Server]
    directory: ServerDirectory
    service: JobService
    attachments: Attachments
    positions: QueuePositions
    outages: Outages
    notifier: QueueNotifier
    messages: JobMessages
    documents: Mapping[str, str] = field(default_factory=dict[str, str])
    in_flight: InFlight = field(default_factory=InFlight)

    async def status_text(self, job: Job) -> str:
        """The first text of a job's status, in its language. Raises StoreError."""
        now = time.time()
        if job.state is not State.QUEUED:
            content = decide_status(job, None, now)
            return content.text if content else translate(job.locale, "started")
        position = await self.positions.position(job)
        return render_waiting(job, replace(position, expected_end=upcoming(position.expected_end, now)))

    async def require(self, requester: Requester, action: Action, job: Job | None = None) -> None:
        """Raise the Refusal of the rule that forbids it; `job`: what the action is about, if any.

        What counts are the rights in the channel of the job, wherever it is asked for.
        """
        refusal = self.policy.check(
            requester.actor,
            requester.location,
            action,
            owner=job.user_id if job else None,
            rights=await self._rights_at(requester, job) if job else None,
        )
        if refusal:
            raise refusal

    async def channels_with_jobs(self, requester: Requester, action: Action) -> frozenset[int]:
        """The guild's channels with unfinished jobs, where the requester may do this with anybody's.

        Raises StoreError.
        """
        channels = await self.store.channels_in_work(requester.guild_id)
        found = await self.rights.find_all(requester, {(requester.guild_id, each) for each in channels})
        actor, location = requester.actor, requester.location
        return frozenset(
            channel_id
            for (_, channel_id), rights in found.items()
            if not self.policy.check(actor, location, action, owner=ANYBODY, rights=rights)
        )

    async def shown_to(self, requester: Requester, jobs: Sequence[Job]) -> Mapping[str, Job]:
        """Those of these jobs that the requester may know of, by id.

        Of channels that they do not see these are their own alone, and without a link to a message.
        """
        found = await self.rights.find_all(requester, {(job.guild_id, job.channel_id) for job in jobs})
        shown: dict[str, Job] = {}
        for job in jobs:
            rights = found[job.guild_id, job.channel_id]
            if rights and rights.views:
                shown[job.id] = job
            elif job.user_id == requester.user_id:
                shown[job.id] = without_link(job)
        return shown

    async def _rights_at(self, requester: Requester, job: Job) -> ChannelRights | None:
        """The rights over a job of somebody else, which nobody has from another guild; of one's own: None."""
        if job.user_id == requester.user_id:
            return None
        if job.guild_id != requester.guild_id:
            return ChannelRights()
        return await self.rights.find(requester, job.guild_id, job.channel_id)

    async def job(self, job_id: str) -> Job:
        """The job with that id. Raises Refusal where it has been deleted, StoreError."""
        job = await self.store.find(job_id)
        if job is None:
            raise Refusal("gone")
        return job

    async def require_channel(self, interaction: discord.Interaction) -> None:
        """Raise a Refusal where it can be known that the bot's own token could not send a result."""
        require_bot_permissions(interaction)
        if await self._is_closed_thread(interaction):
            raise Refusal("private_thread")

    async def _is_closed_thread(self, interaction: discord.Interaction) -> bool:
        """Whether this is a private thread without the bot: its permissions there say nothing about that."""
        thread = interaction.channel
        if not isinstance(thread, discord.Thread) or not thread.is_private():
            return False
        if interaction.guild and interaction.guild.get_thread(thread.id):
            return False
        try:
            async with discord_request(CHECK_CHANNEL_TIMEOUT, Priority.STATUS):
                await self.client.fetch_channel(thread.id)
        except discord.HTTPException as err:
            return err.code in (MISSING_ACCESS, UNKNOWN_CHANNEL)
        except DISCORD_ERRORS as err:
            log.info("thread %s: whether the bot sees it is not known: %r", thread.id, err)
        return False

    async def fetch_picture(self, url: str) -> bytes:
        """The bytes at an attachment's address; none once the bot shuts down. Raises Refusal."""
        if not self.in_flight.is_open:
            raise Refusal("closing")
        return await self.attachments.fetch(url)

    def picture_loaders(self, pictures: Sequence[Upload]) -> tuple[LoadPicture, LoadPicture | None]:
        """What fetches the first picture of a clip, and the one that it ends on, if there is a second."""
        first, *rest = (functools.partial(self.fetch_picture, each.url) for each in pictures)
        return first, rest[0] if rest else None

    async def locale_of(self, interaction: discord.Interaction) -> str:
        """The language that the person chose, else that of their Discord client. Raises StoreError."""
        return await self.store.language(interaction.user.id) or str(interaction.locale)

    async def reaction_requester(self, member: discord.Member, channel_id: int, message_id: int) -> Requester:
        """The Requester of a reaction to a message. Raises StoreError."""
        locale = await self.store.locale_of(member.id)
        return Requester(
            actor=actor_of(member),
            location=location_of(member.guild.id, channel_id, await self.rights.channel(channel_id)),
            channel_id=channel_id,
            rights=await self.rights.of(member, channel_id),
            message_id=message_id,
            locale=locale or str(member.guild.preferred_locale),
        )

    async def answer(
        self,
        interaction: discord.Interaction,
        handle: Callable[[Requester], Awaitable[None]],
        *,
        seconds: float | None = INTERACTION_TIMEOUT,
    ) -> None:
        """Answer an interaction by `handle`; its errors are answered with a sentence that only the user sees.

        `seconds`: the timeout of `handle`; None where each call inside has its own.
        """
        with self.in_flight.track():
            locale = str(interaction.locale)
            try:
                locale = await self.locale_of(interaction)
                if not self.in_flight.is_open:
                    raise Refusal("closing")
                async with asyncio.timeout(seconds):
                    await handle(requester_of(interaction, locale))
            except Refusal as refusal:
                await reply_privately(interaction, render_refusal(locale, refusal))
            except (StoreError, *DISCORD_ERRORS) as err:
                log.error("interaction %s: %r", interaction.id, err)
                await reply_privately(interaction, render_refusal(locale, Refusal("internal")))
            except Exception as err:  # noqa: BLE001 - buttons and modals have no error handler of their own
                await on_app_command_error(interaction, err)


async def on_app_command_error(interaction: discord.Interaction, error: Exception) -> None:
    """Log an unexpected error with its traceback, and answer privately where there can be an answer."""
    log.error("interaction %s: %s", interaction.id, error, exc_info=error)
    if interaction.type is discord.InteractionType.autocomplete:
        return
    await reply_privately(interaction, render_refusal(str(interaction.locale), Refusal("internal")))
