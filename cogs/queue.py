"""/queue and /cancel: a person's unfinished jobs and those of the guild, and how to cancel them."""

import contextlib
import time
from collections.abc import Sequence

import discord
from discord import app_commands

from cogs.access.actors import requester_of
from cogs.access.policy import Action
from cogs.actions.cancel import cancel
from cogs.actions.context import BotContext
from cogs.i18n.catalogue import command_text, translate
from cogs.messages.replies import reply_privately, send_card
from cogs.messages.targets import NO_MENTIONS
from cogs.ui.autocomplete import suggest_jobs
from cogs.ui.cards import JobEntry
from cogs.ui.handlers import Handlers, InteractiveCog
from cogs.ui.queue_card import MAX_CHOICES, MAX_OF_GUILD, QueueView, render_queue
from cogs.ui.texts import upcoming
from comfy import UnavailableReason
from jobs.errors import Refusal
from jobs.requester import Requester
from jobs.routing import all_away_since
from storage import Job, State


class Queue(InteractiveCog):
    """`/queue`, `/cancel`, and the button and select of the card."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self.handlers = Handlers(buttons={"queue": self._refresh}, selects={"cancel": self._choose})

    @app_commands.command(description=command_text("command_queue"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def queue(self, interaction: discord.Interaction) -> None:
        """Show the queue card."""

        async def handle(requester: Requester) -> None:
            await self._send_card(interaction, requester)

        await self._context.answer(interaction, handle)

    @app_commands.command(description=command_text("command_cancel"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.describe(job=command_text("option_job"))
    async def cancel(self, interaction: discord.Interaction, job: str | None = None) -> None:
        """Cancel the named job, else the person's only one; where there are several, show the queue card."""

        async def handle(requester: Requester) -> None:
            found = await (self._find_job(job) if job else self._only_job(requester.user_id))
            if found is None:
                await self._send_card(interaction, requester)
                return
            ended = await cancel(self._context, requester, found)
            name = "cancelled_now" if ended.state is State.CANCELLED else "cancelled_soon"
            await reply_privately(interaction, translate(requester.locale, name, short=ended.short))

        await self._context.answer(interaction, handle)

    @cancel.autocomplete("job")
    async def offer_jobs(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the person's unfinished jobs, then those of the channels that they moderate."""
        context = self._context
        requester = requester_of(interaction, await context.locale_of(interaction))
        jobs = {job.id: job for job in await context.store.unfinished_of(requester.user_id)}
        channels = await context.channels_with_jobs(requester, Action.CANCEL)
        jobs |= {job.id: job for job in await context.store.unfinished_in(requester.guild_id, channels)}
        return suggest_jobs(requester.locale, jobs.values(), current)

    async def _find_job(self, typed: str) -> Job:
        job = await self._context.store.by_short(typed)
        if job is None:
            raise Refusal("no_such_job")
        return job

    async def _only_job(self, user_id: int) -> Job | None:
        """The person's one unfinished job; None if there are several. Raises Refusal if there is none."""
        mine = await self._context.store.unfinished_of(user_id)
        if not mine:
            raise Refusal("nothing_in_work")
        return mine[0] if len(mine) == 1 else None

    async def _send_card(self, interaction: discord.Interaction, requester: Requester) -> None:
        await send_card(interaction, render_queue(requester.locale, await self._read_queue(requester)))

    async def _refresh(self, interaction: discord.Interaction, argument: str, requester: Requester) -> None:
        await interaction.response.defer()
        await self._update_card(interaction, requester)

    async def _choose(
        self, interaction: discord.Interaction, argument: str, requester: Requester, values: list[str]
    ) -> None:
        """Cancel the chosen jobs."""
        await interaction.response.defer()
        for job_id in values:
            with contextlib.suppress(Refusal):  # over or gone meanwhile: the card will show that
                await cancel(self._context, requester, await self._context.job(job_id))
        await self._update_card(interaction, requester)

    async def _update_card(self, interaction: discord.Interaction, requester: Requester) -> None:
        """Render the card anew in its message."""
        card = render_queue(requester.locale, await self._read_queue(requester))
        await interaction.edit_original_response(view=card, allowed_mentions=NO_MENTIONS)

    async def _read_queue(self, requester: Requester) -> QueueView:
        """Read what the card shows: of others, the jobs in channels that the requester sees.

        Raises StoreError.
        """
        store, guild_id = self._context.store, requester.guild_id
        channels = await self._context.channels_with_jobs(requester, Action.LIST)
        known = await self._context.directory.known()
        mine = await self._entries((await store.unfinished_of(requester.user_id))[:MAX_CHOICES])
        return QueueView(
            mine=sorted(mine, key=lambda each: (each.job.state is State.QUEUED, each.ahead)),
            guild=await self._entries(await store.guild_queue(guild_id, channels, limit=MAX_OF_GUILD)),
            guild_jobs=await store.unfinished_count(guild_id, channels),
            load=await store.load(),
            servers=sum(each.live for each in known),
            token_refused=any(each.unavailable is UnavailableReason.TOKEN_REFUSED for each in known),
            pause=await store.pause(),
            notice=await store.notice(),
            away_since=all_away_since(known),
        )

    async def _entries(self, jobs: Sequence[Job]) -> list[JobEntry]:
        return [
            JobEntry(
                job=job,
                ahead=await self._context.store.ahead(job.id),
                ready=upcoming(await self._context.positions.expected_end(job), time.time()),
            )
            for job in jobs
        ]
