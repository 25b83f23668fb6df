"""/language: in which language the bot answers somebody."""

import discord
from discord import app_commands
from discord.ext import commands

from cogs.actions.context import Desk
from cogs.i18n.catalogue import LANGUAGES, say, spoken
from cogs.messages.status import tell

AS_IN_DISCORD = "discord"
CHOICES = [
    *(app_commands.Choice(name=say(each, "language_name"), value=each) for each in LANGUAGES),
    app_commands.Choice(name=spoken("choice_as_in_discord"), value=AS_IN_DISCORD),
]


class Language(commands.Cog):
    """Who has not chosen is answered in the language of their Discord."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @app_commands.command(description=spoken("command_language"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.describe(language=spoken("option_language"))
    @app_commands.choices(language=CHOICES)
    async def language(self, interaction: discord.Interaction, language: str) -> None:
        """The answer is the first in the new language."""
        async with self._desk.serving(interaction):
            chosen = None if language == AS_IN_DISCORD else language
            await self._desk.store.set_language(interaction.user.id, chosen)
            await tell(interaction, say(chosen or str(interaction.locale), "language_set"))
