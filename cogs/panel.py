"""/panel and "Animate this": a modal instead of the options of /animate, which are hard on a phone."""

import asyncio
from collections.abc import Mapping
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
from jobs.errors import Refusal
from jobs.requester import Requester
from storage import Draft, Job

SEND_TIMEOUT = 30.0  # seconds for one message
HIDDEN = ":spoiler"  # at the end of a modal's custom id whose picture is a spoiler


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
        await self._context.require(requester, Action.ANIMATE)
        await self._context.require_channel(interaction)
        await interaction.response.send_modal(animate_modal(requester.locale, "animate:", upload=True))

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
            await interaction.response.send_modal(animate_modal(requester.locale, custom_id, upload=False))

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
        draft_id, url, spoiler = await self._picture_of(argument, requester, submission)
        options = parse_animation(submission, requester.locale)
        await self._submitter.submit(
            interaction,
            requester,
            Action.ANIMATE,
            lambda: self._context.service.animate(
                requester,
                options,
                lambda: self._context.fetch_picture(url),
                f"interaction {interaction.id}",
                spoiler=spoiler,
                draft=draft_id,
            ),
        )

    async def _picture_of(
        self, argument: str, requester: Requester, submission: ModalSubmission
    ) -> tuple[int | None, str, bool]:
        """The draft's id (None for an upload), the picture's address, and whether it is a spoiler.

        Raises Refusal, StoreError.
        """
        uploads = submission.uploads.get("image", ())
        if uploads:
            refuse_by_metadata(uploads[0])
            return None, uploads[0].url, uploads[0].spoiler
        draft_id = parse_number(argument.removesuffix(HIDDEN))
        draft = None if draft_id is None else await self._context.store.draft(draft_id)
        if draft is None or draft.user_id != requester.user_id:
            raise Refusal("picture_forgotten")
        return draft.id, draft.url, argument.endswith(HIDDEN)


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
