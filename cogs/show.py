"""/show, and the ℹ️ under a clip: everything about one job, and its workflow as a file."""

import io

import discord
from discord import app_commands

from cogs.access.actors import location_of
from cogs.access.policy import Action, Actor
from cogs.access.rights import require_access
from cogs.actions.context import BotContext
from cogs.i18n.catalogue import command_text, translate
from cogs.interaction_router import Handlers, InteractiveCog
from cogs.messages.status import NO_MENTIONS
from cogs.ui.autocomplete import MOST, suggest_jobs
from cogs.ui.job_card import MOST_CHILDREN, Details, is_cut, render_details, render_text, text_name
from jobs.errors import Refusal
from jobs.graphs import build_again, render_graph
from storage import Job


class Show(InteractiveCog):
    """Tells about jobs, to their owners and to those who moderate."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self.handlers = Handlers(
            buttons={"info": self._press, "graph": self._send_graph}, menus={"details": self._choose}
        )

    @app_commands.command(description=command_text("command_show"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.describe(id=command_text("option_job"))
    async def show(self, interaction: discord.Interaction, id: str) -> None:  # noqa: A002 - what people type
        """The card of one job."""
        async with self._context.answering(interaction) as locale:
            job = await self._context.store.by_short(id)
            if job is None:
                raise Refusal("no_such_job")
            await self._send_card(interaction, locale, job)

    @show.autocomplete("id")
    async def offer_jobs(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """The person's last jobs."""
        jobs = await self._context.store.history(interaction.user.id, limit=4 * MOST)
        return suggest_jobs(await self._context.locale_of(interaction), jobs, current)

    async def _press(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        await self._send_card(interaction, locale, await self._context.job(about))

    async def _choose(
        self, interaction: discord.Interaction, about: str, locale: str, values: list[str]
    ) -> None:
        await self._send_card(interaction, locale, await self._context.job(values[0]))

    async def _send_card(self, interaction: discord.Interaction, locale: str, job: Job) -> None:
        self._allow(interaction, job)
        card = render_details(locale, await self._read(job))
        text = io.BytesIO(render_text(locale, job).encode())
        files = [discord.File(text, text_name(job))] if is_cut(job) else []
        await interaction.response.send_message(
            view=card, files=files, ephemeral=True, allowed_mentions=NO_MENTIONS
        )

    async def _send_graph(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._context.job(about)
        self._allow(interaction, job)
        graph = build_again(job, self._context.workflows, self._context.servers)
        file = discord.File(io.BytesIO(render_graph(graph)), f"animate-{job.short}.json")
        words = translate(locale, "graph_sent", short=job.short)
        await interaction.response.send_message(
            words, file=file, ephemeral=True, allowed_mentions=NO_MENTIONS
        )

    def _allow(self, interaction: discord.Interaction, job: Job) -> None:
        actor, place = Actor.of(interaction.user), location_of(interaction)
        require_access(self._context.policy, actor, place, Action.SHOW, job)

    async def _read(self, job: Job) -> Details:
        """What the card shows. Raises StoreError."""
        store = self._context.store
        names = [server.name for server in self._context.servers]
        return Details(
            job=job,
            server=names.index(job.server) + 1 if job.server in names else None,
            parent=await store.find(job.parent) if job.parent else None,
            root=await store.find(job.root) if job.root not in (job.id, job.parent) else None,
            after=await store.find(job.params.after) if job.params.after else None,
            children=await store.rerolls_of(job.id, limit=MOST_CHILDREN),
        )
