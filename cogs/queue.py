"""/queue and /cancel: what waits and runs, one's own first, and how to end it."""

import contextlib
from collections.abc import Sequence

import discord
from discord import app_commands

from cogs.access.actors import location_of
from cogs.access.policy import Actor
from cogs.actions.cancel import cancel
from cogs.actions.context import BotContext
from cogs.i18n.catalogue import command_text, translate
from cogs.interaction_router import Handlers, InteractiveCog
from cogs.messages.card_replies import send_card
from cogs.messages.status import NO_MENTIONS, reply_privately
from cogs.ui.autocomplete import suggest_jobs
from cogs.ui.cards import Entry
from cogs.ui.queue_card import MOST_CHOICES, MOST_OF_GUILD, Line, render_line
from jobs.errors import Refusal
from storage import Job, State


class Queue(InteractiveCog):
    """The line as one person sees it."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self.handlers = Handlers(buttons={"queue": self._refresh}, menus={"cancel": self._choose})

    @app_commands.command(description=command_text("command_queue"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def queue(self, interaction: discord.Interaction) -> None:
        """The card."""
        async with self._context.answering(interaction) as locale:
            await self._send_card(interaction, locale)

    @app_commands.command(description=command_text("command_cancel"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.describe(job=command_text("option_job"))
    async def cancel(self, interaction: discord.Interaction, job: str | None = None) -> None:
        """Cancel that one; without a name the only one, or let the person choose from the card."""
        async with self._context.answering(interaction) as locale:
            found = await (self._named(job) if job else self._only(interaction.user.id))
            if found is None:
                await self._send_card(interaction, locale)
                return
            ended = await self._cancel(interaction, found)
            name = "cancelled_now" if ended.state is State.CANCELLED else "cancelled_soon"
            await reply_privately(interaction, translate(locale, name, short=ended.short))

    @cancel.autocomplete("job")
    async def offer_jobs(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """The person's own jobs in work; to those who moderate, the others of the guild after them."""
        jobs = {job.id: job for job in await self._context.store.in_work_of(interaction.user.id)}
        if Actor.of(interaction.user).moderates:
            guild = await self._context.store.in_work(interaction.guild_id or 0)
            jobs |= {job.id: job for job in guild}
        return suggest_jobs(await self._context.locale_of(interaction), jobs.values(), current)

    async def _named(self, typed: str) -> Job:
        job = await self._context.store.by_short(typed)
        if job is None:
            raise Refusal("no_such_job")
        return job

    async def _only(self, user_id: int) -> Job | None:
        """The person's one job in work; None where there are several. Raises Refusal where there is none."""
        mine = await self._context.store.in_work_of(user_id)
        if not mine:
            raise Refusal("nothing_in_work")
        return mine[0] if len(mine) == 1 else None

    async def _send_card(self, interaction: discord.Interaction, locale: str) -> None:
        await send_card(interaction, render_line(locale, await self._look(interaction)))

    async def _refresh(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        await interaction.response.defer()
        await self._update_card(interaction, locale)

    async def _choose(
        self, interaction: discord.Interaction, about: str, locale: str, values: list[str]
    ) -> None:
        """Cancel what was chosen."""
        await interaction.response.defer()
        for job_id in values:
            with contextlib.suppress(Refusal):  # over or gone meanwhile: the card will show that
                await self._cancel(interaction, await self._context.job(job_id))
        await self._update_card(interaction, locale)

    async def _update_card(self, interaction: discord.Interaction, locale: str) -> None:
        """The card as it is now, in the same message."""
        card = render_line(locale, await self._look(interaction))
        await interaction.edit_original_response(view=card, allowed_mentions=NO_MENTIONS)

    async def _cancel(self, interaction: discord.Interaction, job: Job) -> Job:
        return await cancel(self._context, Actor.of(interaction.user), location_of(interaction), job)

    async def _look(self, interaction: discord.Interaction) -> Line:
        """Read what the card shows. Raises StoreError."""
        store, guild_id = self._context.store, interaction.guild_id or 0
        mine = await self._enter((await store.in_work_of(interaction.user.id))[:MOST_CHOICES])
        return Line(
            mine=sorted(mine, key=lambda each: (each.job.state is State.QUEUED, each.ahead)),
            guild=await self._enter(await store.line(guild_id, limit=MOST_OF_GUILD)),
            guild_jobs=await store.in_work_count(guild_id),
            load=await store.load(),
            servers=sum(server.reachable for server in self._context.servers),
        )

    async def _enter(self, jobs: Sequence[Job]) -> list[Entry]:
        return [
            Entry(
                job=job,
                ahead=await self._context.store.ahead(job.id),
                ready=await self._context.worker.expected_end(job),
            )
            for job in jobs
        ]
