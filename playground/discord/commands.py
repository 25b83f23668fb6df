"""The application's registered commands, global and of single guilds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from playground.discord import errors
from playground.discord.drafts import Problems
from playground.discord.snowflakes import Snowflakes
from playground.discord.wire import Json, as_int, as_list, as_objects, as_text

NAME = re.compile(r"^[-_'\w]{1,32}$")
"""Discord reference, "Application Command Naming" (`\\w` also knows the scripts that it lists)."""


BOT_DM = 1
"""The interaction context of direct messages with the bot."""


class CommandKind(IntEnum):
    SLASH = 1
    USER = 2
    MESSAGE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    id: int
    guild_id: int | None
    definition: Json

    @property
    def name(self) -> str:
        return as_text(self.definition.get("name"))

    @property
    def works_in_dms(self) -> bool:
        contexts = self.definition.get("contexts")
        if contexts is None:
            return self.definition.get("dm_permission") is not False
        return BOT_DM in as_list(contexts)

    @property
    def kind(self) -> int:
        return as_int(self.definition.get("type")) or CommandKind.SLASH


class Commands:
    """Bulk overwrite and lookup. A command keeps its id as long as its name and kind stay."""

    def __init__(self, ids: Snowflakes, application_id: int) -> None:
        self._ids = ids
        self._application_id = application_id
        self._commands: dict[int, Command] = {}

    def overwrite(self, definitions: Sequence[Json], guild_id: int | None) -> list[Command]:
        """Replace all commands of one place. Raises InvalidForm."""
        problems = {
            f"{index}.{path}": problem
            for index, definition in enumerate(definitions)
            for path, problem in _problems(definition).items()
        }
        if problems:
            raise errors.InvalidForm(problems)
        fresh = [self._register(definition, guild_id) for definition in definitions]
        self._commands = {c.id: c for c in self._commands.values() if c.guild_id != guild_id}
        self._commands |= {command.id: command for command in fresh}
        return fresh

    def of(self, guild_id: int | None) -> list[Command]:
        return [command for command in self._commands.values() if command.guild_id == guild_id]

    def find(self, name: str, kind: int, guild_id: int | None) -> Command | None:
        """The command that a person in that guild would use; a guild's own comes first."""
        for place in (guild_id, None):
            for command in self.of(place):
                if command.name == name and command.kind == kind:
                    return command
        return None

    def render(self, command: Command) -> dict[str, object]:
        rendered: dict[str, object] = {"description": "", **command.definition}
        required = as_text(rendered.get("default_member_permissions"))
        rendered |= {
            "id": str(command.id),
            "application_id": str(self._application_id),
            "version": str(command.id),
            "type": command.kind,
            "default_member_permissions": required or _number_text(rendered, "default_member_permissions"),
        }
        if command.guild_id:
            rendered["guild_id"] = str(command.guild_id)
        return {key: value for key, value in rendered.items() if value is not None or key in _NULLABLE}

    def _register(self, definition: Json, guild_id: int | None) -> Command:
        name, kind = as_text(definition.get("name")), as_int(definition.get("type")) or CommandKind.SLASH
        for command in self.of(guild_id):
            if (command.name, command.kind) == (name, kind):
                return Command(id=command.id, guild_id=guild_id, definition=definition)
        return Command(id=self._ids.next(), guild_id=guild_id, definition=definition)


_NULLABLE = ("default_member_permissions", "contexts")


def _number_text(data: Json, key: str) -> str | None:
    value = data.get(key)
    return str(value) if isinstance(value, int) else None


def _problems(definition: Json) -> Problems:
    problems: Problems = {}
    is_slash = (as_int(definition.get("type")) or CommandKind.SLASH) == CommandKind.SLASH
    if is_slash:
        problems |= _described_problems(definition) | _option_problems(definition)
    elif not 1 <= len(as_text(definition.get("name"))) <= 32:
        problems["name"] = ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")
    return problems


def _described_problems(definition: Json) -> Problems:
    problems: Problems = {}
    name = as_text(definition.get("name"))
    if not NAME.match(name) or name != name.lower():
        problems["name"] = ("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    if not 1 <= len(as_text(definition.get("description"))) <= 100:
        problems["description"] = ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    return problems


def _option_problems(definition: Json) -> Problems:
    options = as_objects(definition.get("options"))
    problems: Problems = {}
    if len(options) > 25:
        problems["options"] = ("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    optional_seen = False
    for index, option in enumerate(options):
        found = _described_problems(option) | _choice_problems(option) | _option_problems(option)
        if option.get("required") and optional_seen:
            found["required"] = (
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional_seen = optional_seen or not option.get("required")
        problems |= {f"options.{index}.{path}": problem for path, problem in found.items()}
    return problems


def _choice_problems(option: Json) -> Problems:
    problems: Problems = {}
    if len(as_list(option.get("choices"))) > 25:
        problems["choices"] = ("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, choice in enumerate(as_objects(option.get("choices"))):
        if not 1 <= len(as_text(choice.get("name"))) <= 100:
            problems[f"choices.{index}.name"] = (
                "BASE_TYPE_BAD_LENGTH",
                "Must be between 1 and 100 in length.",
            )
    return problems
