"""The panel: a message with a button, posted by a manager, so that nobody needs twelve options on a phone."""

import asyncio
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from cogs.access.actors import require_bot_permissions
from cogs.access.policy import Action
from cogs.actions.attachments import refuse_by_metadata
from cogs.actions.context import BotContext
from cogs.actions.submit import JobSubmitter
from cogs.i18n.catalogue import command_text, translate
from cogs.interaction_router import Handlers, InteractiveCog
from cogs.messages.status import NO_MENTIONS, reply_privately
from cogs.ui.cards import PLAIN, build_card
from cogs.ui.components import PersistentButton
from cogs.ui.modals import animate_modal, parse_animation
from cogs.ui.submissions import ModalSubmission
from jobs.errors import Refusal
from jobs.service import Admitted, Asker
from storage import Draft

PATIENCE = 30.0  # seconds for one message


class Panel(InteractiveCog):
    """`/panel`, the message menu "Animate this", and the form behind both."""

    def __init__(self, client: commands.Bot, context: BotContext, submitter: JobSubmitter) -> None:
        self._client = client
        self._context = context
        self._submitter = submitter
        self.handlers = Handlers(buttons={"panel": self._open}, forms={"animate": self._submit})
        self._menu = app_commands.ContextMenu(name="Animate this", callback=self._animate_this)
        self._menu.guild_only = True
        self._menu.allowed_installs = app_commands.AppInstallationType(guild=True, user=False)

    async def cog_load(self) -> None:
        """A menu belongs to no cog by itself."""
        self._client.tree.add_command(self._menu)

    @app_commands.command(description=command_text("command_panel"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.default_permissions(manage_guild=True)
    async def panel(self, interaction: discord.Interaction) -> None:
        """Post it by the bot's own token: it shall not read as somebody's answer."""
        async with self._context.answering(interaction) as locale:
            self._context.require(interaction, Action.CHANGE_RULES)
            require_bot_permissions(interaction)
            if interaction.guild is None or interaction.channel_id is None:
                raise Refusal("direct_message")
            await interaction.response.defer(ephemeral=True)
            channel = self._client.get_partial_messageable(
                interaction.channel_id, guild_id=interaction.guild.id
            )
            async with asyncio.timeout(PATIENCE):
                card = render_panel(str(interaction.guild.preferred_locale))
                await channel.send(view=card, allowed_mentions=NO_MENTIONS)
            await reply_privately(interaction, translate(locale, "panel_posted"))

    async def _open(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        self._context.require(interaction, Action.ANIMATE)
        require_bot_permissions(interaction)
        await interaction.response.send_modal(animate_modal(locale, "animate:", upload=True))

    async def _animate_this(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Remember the picture: another person's message cannot be fetched with its attachments later."""
        async with self._context.answering(interaction) as locale:
            self._context.require(interaction, Action.ANIMATE)
            require_bot_permissions(interaction)
            await self._check_owner(interaction, message)
            picture = next((each for each in message.attachments if is_picture(each)), None)
            if picture is None:
                raise Refusal("no_picture")
            refuse_by_metadata(picture)
            draft = Draft(id=interaction.id, user_id=interaction.user.id, url=picture.url)
            await self._context.store.keep_draft(draft)
            await interaction.response.send_modal(animate_modal(locale, f"animate:{draft.id}", upload=False))

    async def _check_owner(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """One's own pictures; those of others where the guild allows it. Raises Refusal."""
        if message.author.id == interaction.user.id:
            return
        if not (await self._context.store.guild_settings(interaction.guild_id or 0)).pictures_of_others:
            raise Refusal("picture_of_others")

    async def _submit(
        self, interaction: discord.Interaction, about: str, locale: str, submission: ModalSubmission
    ) -> None:
        url = await self._url_of(interaction, about, submission)
        options = parse_animation(submission, locale)

        async def admit(asker: Asker) -> Admitted:
            return await self._context.service.animate(
                asker, options, url, key=f"interaction {interaction.id}"
            )

        await self._submitter.submit(interaction, Action.ANIMATE, admit)

    async def _url_of(self, interaction: discord.Interaction, about: str, submission: ModalSubmission) -> str:
        """Where the picture is: in the form, or remembered from a message. Raises Refusal, StoreError."""
        uploads = submission.uploads.get("image", ())
        if uploads:
            refuse_by_metadata(uploads[0])
            return uploads[0].url
        draft = await self._context.store.draft(int(about)) if about.isdecimal() else None
        if draft is None or draft.user_id != interaction.user.id:
            raise Refusal("no_picture")
        return draft.url


def render_panel(locale: str) -> ui.LayoutView:
    """The message itself; it pings nobody, so a card may stand where phones would show no words."""
    button = PersistentButton(
        "panel", "", label=translate(locale, "panel_button"), emoji="✨", style=discord.ButtonStyle.primary
    )
    return build_card(PLAIN, ui.TextDisplay(translate(locale, "panel")), ui.ActionRow[Any](button))


def is_picture(attachment: discord.Attachment) -> bool:
    """Whether Discord calls it one."""
    return (attachment.content_type or "").startswith("image/")
