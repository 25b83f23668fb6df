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
from cogs.ui.autocomplete import (
    MAX_CHARACTERS,
    suggest_loras,
    suggest_models,
    suggest_pairs,
    suggest_presets,
    suggest_prompts,
    suggest_seconds,
    suggest_seeds,
    suggest_setting,
)
from cogs.ui.submissions import Upload
from comfy import MAX_SEED, Workflow
from jobs.errors import Refusal
from jobs.offers import default_preset, name_choices, pick_presets, split_strength
from jobs.options import (
    MAX_CFG,
    MAX_NEGATIVE,
    MAX_PROMPT,
    MAX_SECONDS,
    MAX_SHIFT,
    MAX_STEPS,
    MAX_STRENGTH,
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
        end=command_text("option_end"),
        loop=command_text("option_loop"),
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
        lora=command_text("option_lora"),
        lora_strength=command_text("option_lora_strength"),
        lora2=command_text("option_lora2"),
        lora3=command_text("option_lora2"),
    )
    @app_commands.choices(aspect=ASPECT_CHOICES)
    async def animate(
        self,
        interaction: discord.Interaction,
        image: discord.Attachment,
        prompt: app_commands.Range[str, 1, MAX_PROMPT],
        end: discord.Attachment | None = None,
        loop: bool = False,
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
        lora: app_commands.Range[str, 1, MAX_CHARACTERS] | None = None,
        lora_strength: app_commands.Range[float, -MAX_STRENGTH, MAX_STRENGTH] | None = None,
        lora2: app_commands.Range[str, 1, MAX_CHARACTERS] | None = None,
        lora3: app_commands.Range[str, 1, MAX_CHARACTERS] | None = None,
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
            loras=tuple(each for each in (lora, lora2, lora3) if each),
            lora_strength=lora_strength,
            loop=loop,
        )
        pictures = [describe(each) for each in (image, end) if each]
        await self._context.answer(
            interaction,
            lambda requester: self._submit(interaction, requester, options, pictures),
            seconds=None,
        )

    async def _submit(
        self,
        interaction: discord.Interaction,
        requester: Requester,
        options: Options,
        pictures: Sequence[Upload],
    ) -> None:
        key = f"interaction {interaction.id}"
        await self._submitter.submit(
            interaction, requester, Action.ANIMATE, lambda: self._admit(requester, options, pictures, key)
        )

    async def _admit(
        self, requester: Requester, options: Options, pictures: Sequence[Upload], key: str
    ) -> Admitted:
        service = self._context.service
        options = await service.recall(requester, options)
        for each in pictures:
            refuse_by_metadata(each)
        load, load_last = self._context.picture_loaders(pictures)
        return await service.animate(
            requester,
            options,
            load,
            key,
            load_last=load_last,
            spoiler=any(each.spoiler for each in pictures),
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
        locale = await self._context.locale_of(interaction)
        return suggest_presets(locale, await self._presets(interaction), current)

    @animate.autocomplete("model")
    async def offer_models(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the models that a server can run, or could when it last answered."""
        locale = await self._context.locale_of(interaction)
        return suggest_models(
            locale, await self._context.service.models(on_picture=_ending(interaction)), current
        )

    @animate.autocomplete("seconds")
    async def offer_seconds(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[float]]:
        """Suggest the durations of the workflow that the other options come to."""
        workflow, preset = await self._chosen(interaction)
        locale = await self._context.locale_of(interaction)
        return suggest_seconds(locale, workflow, preset, _typed(current)) if workflow else []

    @animate.autocomplete("steps")
    async def offer_steps(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[float]]:
        """Suggest the usual number of steps of the workflow that the other options come to."""
        return await self._offer_setting(interaction, "steps", current)

    @animate.autocomplete("cfg")
    async def offer_cfg(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[float]]:
        """Suggest the usual cfg of the workflow that the other options come to."""
        return await self._offer_setting(interaction, "cfg", current)

    @animate.autocomplete("shift")
    async def offer_shift(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[float]]:
        """Suggest the usual shift of the workflow that the other options come to."""
        return await self._offer_setting(interaction, "shift", current)

    @animate.autocomplete("denoise")
    async def offer_denoise(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[float]]:
        """Suggest the usual denoise of the workflow that the other options come to."""
        return await self._offer_setting(interaction, "denoise", current)

    async def _offer_setting(
        self, interaction: discord.Interaction, name: str, current: str
    ) -> list[app_commands.Choice[float]]:
        workflow, preset = await self._chosen(interaction)
        locale = await self._context.locale_of(interaction)
        return suggest_setting(locale, name, workflow, preset, _typed(current)) if workflow else []

    @animate.autocomplete("choices")
    async def offer_choices(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the next `name=option` pair after those typed already."""
        workflow, _ = await self._chosen(interaction)
        offered = name_choices(await self._context.service.choices(workflow.name)) if workflow else []
        return suggest_pairs(offered, current)

    @animate.autocomplete("lora")
    async def offer_loras(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the LoRAs that a server has for the workflow that the other options come to."""
        return await self._offer_loras(interaction, current)

    async def _offer_loras(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        workflow, preset = await self._chosen(interaction)
        if workflow is None:
            return []
        locale = await self._context.locale_of(interaction)
        offered = await self._context.service.loras(workflow.name, preset)
        return suggest_loras(locale, workflow, _without_named(interaction, offered, current), current)

    @animate.autocomplete("lora2")
    async def offer_second_loras(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest those that the other options do not name."""
        return await self._offer_loras(interaction, current)

    @animate.autocomplete("lora3")
    async def offer_third_loras(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest those that the other options do not name."""
        return await self._offer_loras(interaction, current)

    async def _chosen(self, interaction: discord.Interaction) -> tuple[Workflow | None, str]:
        """The workflow and the preset that the options typed so far come to; no workflow for what is not."""
        presets = await self._presets(interaction)
        preset = interaction.namespace.preset or (default_preset(presets) if presets else "")
        return presets.get(preset), preset

    async def _presets(self, interaction: discord.Interaction) -> Mapping[str, Workflow]:
        """The presets of the model that is typed, else of the one that would be taken; none for no such."""
        service, named = self._context.service, interaction.namespace.model
        try:
            if named:
                return pick_presets(await service.models(), named)
            return pick_presets(await service.models(on_picture=_ending(interaction) or False), None)
        except Refusal:
            return {}


def _ending(interaction: discord.Interaction) -> bool | None:
    """True where the options typed so far say that the clip ends on a given picture; None where nothing."""
    return True if interaction.namespace.loop or interaction.namespace.end else None


def _without_named(interaction: discord.Interaction, offered: Sequence[str], current: str) -> Sequence[str]:
    """The LoRAs but for those that another option names; `current` is what this one says."""
    others = [getattr(interaction.namespace, name) for name in ("lora", "lora2", "lora3")]
    named = {split_strength(each)[0].casefold() for each in others if each and each != current}
    return [each for each in offered if each.casefold() not in named]


def _typed(current: object) -> str:
    """What is typed in an option for a number: Discord sends "" or the text, discord.py NaN for ""."""
    return "" if current != current else str(current)
