"""/panel and "Animate this": a modal instead of the options of /animate, which are hard on a phone."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import discord
from discord import app_commands, ui

from cogs.access.policy import Action
from cogs.actions.attachments import refuse_by_metadata
from cogs.actions.context import BotContext
from cogs.actions.message_pictures import find_picture
from cogs.actions.submit import JobSubmitter
from cogs.i18n.catalogue import command_text, translate
from cogs.messages.replies import reply_privately
from cogs.messages.targets import NO_MENTIONS
from cogs.ui.cards import DEFAULT_COLOUR, build_card
from cogs.ui.components import PersistentButton
from cogs.ui.handlers import Handlers, InteractiveCog
from cogs.ui.modals import animate_modal, parse_animation
from cogs.ui.submissions import ModalSubmission, parse_number
from cogs.ui.texts import render_refusal
from jobs.errors import Refusal
from jobs.requester import Requester
from storage import Draft, Job

SEND_TIMEOUT = 30.0  # seconds for one message
HIDDEN = ":spoiler"  # at the end of a custom id whose picture is a spoiler
KEEPS_PICTURE = frozenset(
    {
        "prompt_empty",
        "prompt_long",
        "blocked_words",
        "queued_per_person",
        "queued_per_guild",
        "gpu_seconds_per_person",
        "gpu_seconds_per_guild",
        "gpu_seconds_of_strangers",
        "cooldown",
        "too_many_pictures",
        "no_workflow",
        "unused",
        "last_picture_needed",
        "full",
    }
)
"""Refusals after which the same picture can be asked for again, with other words or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenPicture:
    """The picture of a submitted modal; `draft`: the id of the draft that it is of, None for an upload."""

    url: str
    spoiler: bool
    draft: int | None = None


class Panel(InteractiveCog):
    """`/panel`, the message command "Animate this", and the modal that both open."""

    def __init__(self, context: BotContext, submitter: JobSubmitter) -> None:
        self._context = context
        self._submitter = submitter
        self.handlers = Handlers(buttons={"panel": self._open}, modals={"animate": self._submit})
        self._menu = app_commands.ContextMenu(name="Animate this", callback=self._animate_this)
        self._menu.guild_only = True
        self._menu.allowed_installs = app_commands.AppInstallationType(guild=True, user=False)

    async def cog_load(self) -> None:
        """Add the message command to the command tree: discord.py does not find context menus in a cog."""
        self._context.client.tree.add_command(self._menu)

    @app_commands.command(description=command_text("command_panel"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.default_permissions(manage_guild=True)
    async def panel(self, interaction: discord.Interaction) -> None:
        """Post the panel as a message by the bot's token, not as the answer to the command."""

        async def handle(requester: Requester) -> None:
            await self._context.require(requester, Action.CHANGE_RULES)
            await self._context.require_channel(interaction)
            if interaction.guild is None or interaction.channel_id is None:
                raise Refusal("direct_message")
            await interaction.response.defer(ephemeral=True)
            channel = self._context.client.get_partial_messageable(
                interaction.channel_id, guild_id=interaction.guild.id
            )
            async with asyncio.timeout(SEND_TIMEOUT):
                card = render_panel(str(interaction.guild.preferred_locale))
                await channel.send(view=card, allowed_mentions=NO_MENTIONS)
            await reply_privately(interaction, translate(requester.locale, "panel_posted"))

        await self._context.answer(interaction, handle)

    async def _open(self, interaction: discord.Interaction, argument: str, requester: Requester) -> None:
        """Open the modal: with a field for a picture, or for that of the draft in the button's custom id."""
        await self._context.require(requester, Action.ANIMATE)
        await self._context.require_channel(interaction)
        if argument:
            await self._drafted(argument, requester)
        await self._send_modal(interaction, requester, f"animate:{argument}", upload=not argument)

    async def _send_modal(
        self, interaction: discord.Interaction, requester: Requester, custom_id: str, *, upload: bool
    ) -> None:
        """Open the modal, with a field for the last picture where a model can end on one."""
        possible = await self._context.service.possible_endings()
        modal = animate_modal(requester.locale, custom_id, upload=upload, possible_endings=possible)
        await interaction.response.send_modal(modal)

    async def _animate_this(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Open the modal for a message's picture; its address is kept as a draft until the modal is sent."""

        async def handle(requester: Requester) -> None:
            await self._context.require(requester, Action.ANIMATE)
            await self._context.require_channel(interaction)
            source = await self._job_of(message)
            await self._check_owner(interaction, message)
            picture = find_picture(_target(interaction), self._context.attachments.serves)
            if picture is None:
                raise Refusal("no_picture")
            refuse_by_metadata(picture)
            draft = Draft(
                id=interaction.id,
                user_id=interaction.user.id,
                url=picture.url,
                picture_of=source.user_id if source else message.author.id,
                source=source.id if source else "",
            )
            await self._context.store.save_draft(draft)
            custom_id = f"animate:{draft.id}{HIDDEN if picture.spoiler else ''}"
            await self._send_modal(interaction, requester, custom_id, upload=False)

        await self._context.answer(interaction, handle)

    async def _job_of(self, message: discord.Message) -> Job | None:
        """The job that a message of the bot is about. Raises StoreError."""
        store = self._context.store
        return await store.by_result(message.id) or await store.by_status(message.id)

    async def _check_owner(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Refuse a picture of somebody else where the guild does not allow it. Raises Refusal, StoreError."""
        if message.author.id == interaction.user.id:
            return
        if not (await self._context.store.guild_settings(interaction.guild_id or 0)).pictures_of_others:
            raise Refusal("picture_of_others")

    async def _submit(
        self,
        interaction: discord.Interaction,
        argument: str,
        requester: Requester,
        submission: ModalSubmission,
    ) -> None:
        picture = await self._picture_of(argument, requester, submission)
        ends = submission.uploads.get("end", ())
        for each in ends:
            refuse_by_metadata(each)
        load_last = self._context.picture_loaders(ends)[0] if ends else None
        options = parse_animation(submission, requester.locale)
        try:
            await self._submitter.submit(
                interaction,
                requester,
                Action.ANIMATE,
                lambda: self._context.service.animate(
                    requester,
                    options,
                    lambda: self._context.fetch_picture(picture.url),
                    f"interaction {interaction.id}",
                    load_last=load_last,
                    spoiler=picture.spoiler or any(each.spoiler for each in ends),
                    draft=picture.draft,
                ),
            )
        except Refusal as refusal:
            if refusal.code not in KEEPS_PICTURE:
                raise
            await self._offer_again(interaction, requester, picture, refusal)

    async def _picture_of(
        self, argument: str, requester: Requester, submission: ModalSubmission
    ) -> ChosenPicture:
        """The picture that was uploaded, else that of the draft. Raises Refusal, StoreError."""
        uploads = submission.uploads.get("image", ())
        if uploads:
            refuse_by_metadata(uploads[0])
            return ChosenPicture(url=uploads[0].url, spoiler=uploads[0].spoiler)
        return await self._drafted(argument, requester)

    async def _drafted(self, argument: str, requester: Requester) -> ChosenPicture:
        """The picture of the draft that a custom id names. Raises Refusal, StoreError."""
        draft_id = parse_number(argument.removesuffix(HIDDEN))
        draft = None if draft_id is None else await self._context.store.draft(draft_id)
        if draft is None or draft.user_id != requester.user_id:
            raise Refusal("picture_forgotten")
        return ChosenPicture(url=draft.url, spoiler=argument.endswith(HIDDEN), draft=draft.id)

    async def _offer_again(
        self, interaction: discord.Interaction, requester: Requester, picture: ChosenPicture, refusal: Refusal
    ) -> None:
        """Answer with the refusal, and with a button that opens the modal again for the same picture.

        Discord does not take a modal as the answer to a modal. Raises StoreError.
        """
        if picture.draft is None:
            draft = Draft(id=interaction.id, user_id=requester.user_id, url=picture.url)
            await self._context.store.save_draft(draft)
        argument = f"{picture.draft or interaction.id}{HIDDEN if picture.spoiler else ''}"
        view = ui.View(timeout=None)
        label = translate(requester.locale, "same_picture_button")
        view.add_item(PersistentButton("panel", argument, label=label, emoji="✏️"))
        await reply_privately(interaction, render_refusal(requester.locale, refusal), view)


def render_panel(locale: str) -> ui.LayoutView:
    """The panel: a card with a button that opens the modal."""
    button = PersistentButton(
        "panel", "", label=translate(locale, "panel_button"), emoji="✨", style=discord.ButtonStyle.primary
    )
    return build_card(DEFAULT_COLOUR, ui.TextDisplay(translate(locale, "panel")), ui.ActionRow[Any](button))


def _target(interaction: discord.Interaction) -> Mapping[str, Any]:
    """The message of a menu's command, as Discord sent it."""
    data = cast("Mapping[str, Any]", interaction.data)
    return data["resolved"]["messages"][str(data["target_id"])]
