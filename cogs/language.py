"""/language: the language in which the bot answers a person."""

import discord
from discord import app_commands
from discord.ext import commands

from cogs.actions.context import BotContext
from cogs.i18n.catalogue import LANGUAGES, command_text, translate
from cogs.messages.replies import reply_privately
from jobs.requester import Requester

AS_IN_DISCORD = "discord"
LANGUAGE_CHOICES = [
    *(app_commands.Choice(name=translate(each, "language_name"), value=each) for each in LANGUAGES),
    app_commands.Choice(name=command_text("choice_as_in_discord"), value=AS_IN_DISCORD),
]


class Language(commands.Cog):
    """`/language`: without a choice a person is answered in the language of their Discord client."""

    def __init__(self, context: BotContext) -> None:
        self._context = context

    @app_commands.command(description=command_text("command_language"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.describe(language=command_text("option_language"))
    @app_commands.choices(language=LANGUAGE_CHOICES)
    async def language(self, interaction: discord.Interaction, language: str) -> None:
        """Set the person's language, and answer in it."""

        async def handle(_: Requester) -> None:
            chosen = None if language == AS_IN_DISCORD else language
            await self._context.store.set_language(interaction.user.id, chosen)
            await reply_privately(interaction, translate(chosen or str(interaction.locale), "language_set"))

        await self._context.answer(interaction, handle)
