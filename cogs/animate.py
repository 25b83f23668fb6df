"""/animate: a new job from a picture and a prompt."""

from collections.abc import Mapping, Sequence

import discord
from discord import app_commands
from discord.ext import commands

from cogs.access.policy import Action
from cogs.actions.attachments import describe, refuse_by_metadata
from cogs.actions.context import BotContext
from cogs.actions.submit import JobSubmitter
from cogs.i18n.catalogue import command_text
from cogs.ui.autocomplete import suggest_names, suggest_pairs, suggest_prompts, suggest_seeds
from comfy import Workflow
from jobs.errors import Refusal
from jobs.offers import default_preset, name_choices, pick_presets
from jobs.options import (
    MAX_CFG,
    MAX_NEGATIVE,
    MAX_PROMPT,
    MAX_SECONDS,
    MAX_SEED,
    MAX_SHIFT,
    MAX_STEPS,
    Aspect,
    Options,
)
from jobs.requester import Requester
from jobs.service import Admitted
from storage import Job

ASPECT_CHOICES = [
    app_commands.Choice(name=command_text(f"aspect_{each.value}"), value=each.value) for each in Aspect
]
MAX_RECENT_JOBS = 100  # of a person, whose prompts and seeds are suggested


class Animate(commands.Cog):
    """`/animate` and its autocomplete."""

    def __init__(self, context: BotContext, submitter: JobSubmitter) -> None:
        self._context = context
        self._submitter = submitter

    @app_commands.command(description=command_text("command_animate"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.describe(
        image=command_text("option_image"),
        prompt=command_text("option_prompt"),
        preset=command_text("option_preset"),
        seconds=command_text("option_seconds"),
        aspect=command_text("option_aspect"),
        seed=command_text("option_seed"),
        negative=command_text("option_negative"),
        steps=command_text("option_steps"),
        cfg=command_text("option_cfg"),
        shift=command_text("option_shift"),
        denoise=command_text("option_denoise"),
        model=command_text("option_model"),
        choices=command_text("option_choices"),
    )
    @app_commands.choices(aspect=ASPECT_CHOICES)
    async def animate(
        self,
        interaction: discord.Interaction,
        image: discord.Attachment,
        prompt: app_commands.Range[str, 1, MAX_PROMPT],
        preset: str | None = None,
        seconds: app_commands.Range[float, 0.1, MAX_SECONDS] | None = None,
        aspect: str = Aspect.AUTO.value,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        negative: app_commands.Range[str, 0, MAX_NEGATIVE] | None = None,
        steps: app_commands.Range[int, 1, MAX_STEPS] | None = None,
        cfg: app_commands.Range[float, 0.0, MAX_CFG] | None = None,
        shift: app_commands.Range[float, 0.0, MAX_SHIFT] | None = None,
        denoise: app_commands.Range[float, 0.01, 1.0] | None = None,
        model: str | None = None,
        choices: str | None = None,
    ) -> None:
        """Admit a job and answer with its status; the parameters are in the order that people see."""
        options = Options(
            prompt=prompt,
            preset=preset,
            seconds=seconds,
            aspect=Aspect(aspect),
            seed=seed,
            negative=negative,
            steps=steps,
            cfg=cfg,
            shift=shift,
            denoise=denoise,
            model=model,
            choices=choices,
        )
        await self._context.answer(
            interaction, lambda requester: self._submit(interaction, requester, options, image), seconds=None
        )

    async def _submit(
        self,
        interaction: discord.Interaction,
        requester: Requester,
        options: Options,
        image: discord.Attachment,
    ) -> None:
        key = f"interaction {interaction.id}"
        await self._submitter.submit(
            interaction, requester, Action.ANIMATE, lambda: self._admit(requester, options, image, key)
        )

    async def _admit(
        self, requester: Requester, options: Options, image: discord.Attachment, key: str
    ) -> Admitted:
        service = self._context.service
        options = await service.recall(requester, options)
        picture = describe(image)
        refuse_by_metadata(picture)
        return await service.animate(
            requester,
            options,
            lambda: self._context.fetch_picture(picture.url),
            key,
            spoiler=picture.spoiler,
        )

    @animate.autocomplete("prompt")
    async def offer_prompts(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the person's last prompts."""
        return suggest_prompts(await self._last_jobs(interaction), current)

    @animate.autocomplete("seed")
    async def offer_seeds(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[int]]:
        """Suggest the person's last seeds."""
        return suggest_seeds(await self._last_jobs(interaction), str(current))

    async def _last_jobs(self, interaction: discord.Interaction) -> Sequence[Job]:
        return await self._context.store.history(interaction.user.id, limit=MAX_RECENT_JOBS)

    @animate.autocomplete("preset")
    async def offer_presets(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the presets that a server can run, or could when it last answered."""
        return suggest_names(await self._presets(interaction), current)

    @animate.autocomplete("model")
    async def offer_models(self, _: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        """Suggest the models that a server can run, or could when it last answered."""
        return suggest_names(await self._context.service.models(), current)

    @animate.autocomplete("choices")
    async def offer_choices(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the next `name=option` pair after those typed already."""
        presets = await self._presets(interaction)
        preset = interaction.namespace.preset or (default_preset(presets) if presets else "")
        workflow = presets.get(preset)
        offered = name_choices(await self._context.service.choices(workflow.name)) if workflow else []
        return suggest_pairs(offered, current)

    async def _presets(self, interaction: discord.Interaction) -> Mapping[str, Workflow]:
        """The presets of the model that is typed in the command; none where there is no such model."""
        try:
            return pick_presets(await self._context.service.models(), interaction.namespace.model)
        except Refusal:
            return {}
