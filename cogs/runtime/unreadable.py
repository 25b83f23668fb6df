"""What Discord sends and discord.py cannot read: logged, and answered where somebody waits.

discord.py parses events within its connection, where an error would end the bot, and commands in a task of
its own, where one would leave a person without an answer. It has no public place to handle either.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Self

import discord
import discord.message
from discord import app_commands
from discord.http import Route

from cogs.actions.context import on_app_command_error
from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.i18n.catalogue import translate

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
ANSWER_TIMEOUT = 10.0  # seconds
MESSAGE_CALLBACK = 4  # the `type` of an interaction's answer with a message
EPHEMERAL = 1 << 6  # the flag of a message


class AnsweringTree(app_commands.CommandTree[Any]):
    """A command tree that answers also where discord.py fails before it calls a command."""

    async def _call(self, interaction: discord.Interaction[Any]) -> None:
        try:
            await super()._call(interaction)
        except app_commands.AppCommandError:
            raise
        except Exception as err:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            await on_app_command_error(interaction, err)


class GuardedParsers:
    """A client's parsers of events, none of which raises."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._answers = set[asyncio.Task[None]]()

    def wrap(self, parsers: dict[str, Callable[[Any], None]]) -> None:
        """Replace each parser, by the name of its event, by one that logs what it cannot read."""
        for event, parse in list(parsers.items()):
            parsers[event] = partial(self._parse, event, parse)

    def _parse(self, event: str, parse: Callable[[Any], None], data: Any) -> None:
        try:
            parse(data)
        except Exception as err:
            forged = event == "INTERACTION_CREATE"  # anybody can send one, so that it gets a line only
            log.error("an event %s cannot be read: %r", event, err, exc_info=None if forged else err)
            if forged:
                task = asyncio.create_task(self._answer(data), name="answer to an unreadable interaction")
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)

    async def _answer(self, data: Json) -> None:
        """Answer an interaction of which only id and token can be read, privately. Raises nothing."""
        try:
            text = translate(str(data.get("locale", "")), "refused_internal")
            route = Route(
                "POST",
                "/interactions/{interaction_id}/{interaction_token}/callback",
                interaction_id=int(data["id"]),
                interaction_token=str(data["token"]),
            )
            answer = {"type": MESSAGE_CALLBACK, "data": {"content": text, "flags": EPHEMERAL}}
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await self._client.http.request(route, json=answer)
        except (*DISCORD_ERRORS, KeyError, ValueError, TypeError) as err:
            log.warning("an unreadable interaction cannot be answered: %r", err)


class OpenPoll(discord.Poll):
    """A poll that may have no end, as Discord's reference allows and discord.py 2.7 cannot read."""

    @classmethod
    def _from_data(cls, *, data: Any, message: discord.Message, state: Any) -> Self:
        end = data.get("expiry") or (message.created_at + timedelta(hours=1)).isoformat()
        whole: Any = {**data, "expiry": end}
        return super()._from_data(data=whole, message=message, state=state)


def read_polls_without_end() -> None:
    """Let discord.py read such polls in any message: of events, interactions, or a channel's history."""
    discord.message.Poll = OpenPoll  # type: ignore[misc] - a bug of discord.py, which names the class here
