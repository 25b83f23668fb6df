"""/show, and the ℹ️ button: everything about one job, and its ComfyUI workflow as a file."""

import io

import discord
from discord import app_commands

from cogs.access.policy import Action
from cogs.actions.context import BotContext
from cogs.i18n.catalogue import command_text, translate
from cogs.messages.targets import NO_MENTIONS
from cogs.ui.autocomplete import MAX_CHOICES, suggest_jobs
from cogs.ui.handlers import Handlers, InteractiveCog
from cogs.ui.job_card import MAX_CHILDREN, JobDetails, is_cut, render_details, render_text, text_name
from jobs.errors import Refusal
from jobs.graphs import rebuild_graph, render_graph
from jobs.requester import Requester
from storage import Job


class Show(InteractiveCog):
    """`/show`, the ℹ️ button and the select of /history; for the job's owner and moderators."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self.handlers = Handlers(
            buttons={"info": self._press, "graph": self._send_graph}, selects={"details": self._choose}
        )

    @app_commands.command(description=command_text("command_show"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.describe(id=command_text("option_job"))
    async def show(self, interaction: discord.Interaction, id: str) -> None:  # noqa: A002 - what people type
        """Show the card of one job."""

        async def handle(requester: Requester) -> None:
            job = await self._context.store.by_short(id)
            if job is None:
                raise Refusal("no_such_job")
            await self._send_card(interaction, requester, job)

        await self._context.answer(interaction, handle)

    @show.autocomplete("id")
    async def offer_jobs(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the person's last jobs."""
        jobs = await self._context.store.history(interaction.user.id, limit=4 * MAX_CHOICES)
        return suggest_jobs(await self._context.locale_of(interaction), jobs, current)

    async def _press(self, interaction: discord.Interaction, argument: str, requester: Requester) -> None:
        await self._send_card(interaction, requester, await self._context.job(argument))

    async def _choose(
        self, interaction: discord.Interaction, argument: str, requester: Requester, values: list[str]
    ) -> None:
        await self._send_card(interaction, requester, await self._context.job(values[0]))

    async def _send_card(self, interaction: discord.Interaction, requester: Requester, job: Job) -> None:
        await self._context.require(requester, Action.SHOW, job)
        card = render_details(requester.locale, await self._read_details(requester, job))
        text = io.BytesIO(render_text(requester.locale, job).encode())
        files = [discord.File(text, text_name(job))] if is_cut(job) else []
        await interaction.response.send_message(
            view=card, files=files, ephemeral=True, allowed_mentions=NO_MENTIONS, suppress_embeds=True
        )

    async def _send_graph(
        self, interaction: discord.Interaction, argument: str, requester: Requester
    ) -> None:
        job = await self._context.job(argument)
        await self._context.require(requester, Action.SHOW, job)
        graph = rebuild_graph(job, self._context.workflows, self._context.servers)
        file = discord.File(io.BytesIO(render_graph(graph)), f"animate-{job.short}.json")
        text = translate(requester.locale, "graph_sent", short=job.short)
        await interaction.response.send_message(text, file=file, ephemeral=True, allowed_mentions=NO_MENTIONS)

    async def _read_details(self, requester: Requester, job: Job) -> JobDetails:
        """What the card shows: of related jobs, those that the requester may know of. Raises StoreError."""
        store = self._context.store
        names = [each.name for each in await self._context.directory.known()]
        origins = (job.parent, job.root if job.root not in (job.id, job.parent) else None, job.params.after)
        children = await store.rerolls_of(job.id, limit=MAX_CHILDREN)
        found = [await store.find(each) if each else None for each in origins]
        related = [each for each in (*found, *children) if each]
        shown = await self._context.shown_to(requester, [job, *related])
        parent, root, after = (shown.get(each.id) if each else None for each in found)
        return JobDetails(
            job=shown.get(job.id, job),
            workflow=self._context.workflows.get(job.params.workflow),
            server=names.index(job.server) + 1 if job.server in names else None,
            parent=parent,
            root=root,
            after=after,
            children=[shown[each.id] for each in children if each.id in shown],
        )
