"""The application's registered commands, global and of single guilds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from playground.discord import errors
from playground.discord.components import Problems, bad_length, lengths
from playground.discord.json_values import Json, as_int, as_list, as_object, as_objects, as_text
from playground.discord.snowflakes import Snowflakes

NAME = re.compile(r"^[-_'\w]{1,32}$")
"""Discord reference, "Application Command Naming" (`\\w` also knows the scripts that it lists)."""


# fmt: off
LOCALES = frozenset((
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl",
    "pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja",
    "zh-TW", "ko",
))
# fmt: on
"""Discord reference, "Locales"."""
MAX_COMMAND_CHARACTERS = 8000
"""Characters of a whole command (Discord reference, "Slash Commands")."""
STRING, INTEGER = 3, 4
"""Kinds of options."""
BOT_DM = 1
"""The interaction context of direct messages with the bot."""


class CommandKind(IntEnum):
    """The `type` of an application command."""

    SLASH = 1
    USER = 2
    MESSAGE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A registered command: `definition` is the JSON that the bot sent."""

    id: int
    guild_id: int | None
    definition: Json

    @property
    def name(self) -> str:
        """The name by which members use it."""
        return as_text(self.definition.get("name"))

    @property
    def works_in_dms(self) -> bool:
        """Whether it can be used in direct messages with the bot."""
        contexts = self.definition.get("contexts")
        if contexts is None:
            return self.definition.get("dm_permission") is not False
        return BOT_DM in as_list(contexts)

    @property
    def kind(self) -> int:
        """Its CommandKind; slash command where the definition names none."""
        return as_int(self.definition.get("type")) or CommandKind.SLASH


class Commands:
    """Bulk overwrite and lookup. A command keeps its id as long as its name and kind stay."""

    def __init__(self, ids: Snowflakes, application_id: int) -> None:
        self._ids = ids
        self._application_id = application_id
        self._commands: dict[int, Command] = {}

    def overwrite(self, definitions: Sequence[Json], guild_id: int | None) -> list[Command]:
        """Replace all commands of a guild, or the global ones for None. Raises InvalidForm."""
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
        """The commands of one guild, or the global ones for None."""
        return [command for command in self._commands.values() if command.guild_id == guild_id]

    def find(self, name: str, kind: int, guild_id: int | None) -> Command | None:
        """The command that a person in that guild would use; a guild's own comes first."""
        for scope in (guild_id, None):
            for command in self.of(scope):
                if command.name == name and command.kind == kind:
                    return command
        return None

    def render(self, command: Command) -> dict[str, object]:
        """The command as the API lists it."""
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
    is_slash = (as_int(definition.get("type")) or CommandKind.SLASH) == CommandKind.SLASH
    if not is_slash:
        return lengths(definition, {"name": (1, 32)}) | _localized_problems(definition, "name", (1, 32))
    problems = _described_problems(definition) | _option_problems(definition)
    if _size(definition) > MAX_COMMAND_CHARACTERS:
        problems[""] = (
            "APPLICATION_COMMAND_TOO_LARGE",
            f"Command exceeds maximum size ({MAX_COMMAND_CHARACTERS})",
        )
    return problems


def _size(described: Json) -> int:
    """Characters of names, descriptions and values, each in its longest language."""
    words = sum(_longest(described, key) for key in ("name", "description"))
    values = [as_text(choice.get("value")) for choice in as_objects(described.get("choices"))]
    inner = [*as_objects(described.get("options")), *as_objects(described.get("choices"))]
    return words + sum(len(value) for value in values) + sum(_size(each) for each in inner)


def _longest(described: Json, key: str) -> int:
    others = as_object(described.get(f"{key}_localizations")).values()
    return max(len(as_text(text)) for text in (described.get(key), *others))


def _described_problems(definition: Json) -> Problems:
    problems = lengths(definition, {"description": (1, 100)})
    names = {"name": definition.get("name")}
    names |= {f"name_localizations.{key}": name for key, name in _localized(definition, "name")}
    for path, name in names.items():
        if not NAME.match(as_text(name)) or name != as_text(name).lower():
            problems[path] = ("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    unknown = _unknown_locales(definition, "name") | _unknown_locales(definition, "description")
    return problems | unknown | _localized_problems(definition, "description", (1, 100))


def _localized(described: Json, key: str) -> list[tuple[str, object]]:
    return list(as_object(described.get(f"{key}_localizations")).items())


def _localized_problems(described: Json, key: str, bounds: tuple[int, int]) -> Problems:
    """The translations that are too short or too long, or for no language of Discord."""
    found = _unknown_locales(described, key)
    for locale, text in _localized(described, key):
        wrong = lengths({locale: text}, {locale: bounds})
        found |= {f"{key}_localizations.{locale}": problem for problem in wrong.values()}
    return found


def _unknown_locales(described: Json, key: str) -> Problems:
    return {
        f"{key}_localizations": ("APPLICATION_COMMAND_INVALID_LOCALE", f"{locale} is no locale of Discord")
        for locale, _ in _localized(described, key)
        if locale not in LOCALES
    }


def _option_problems(definition: Json) -> Problems:
    options = as_objects(definition.get("options"))
    problems: Problems = {}
    if len(options) > 25:
        problems["options"] = ("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    optional_seen = False
    for index, option in enumerate(options):
        found = _described_problems(option) | _choices_of(option) | _option_problems(option)
        if option.get("required") and optional_seen:
            found["required"] = (
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional_seen = optional_seen or not option.get("required")
        problems |= {f"options.{index}.{path}": problem for path, problem in found.items()}
    return problems


def _choices_of(option: Json) -> Problems:
    return choice_problems(as_objects(option.get("choices")), as_int(option.get("type")))


def choice_problems(choices: Sequence[Json], kind: int) -> Problems:
    """The problems that Discord reports of the choices of an option of that kind, by path."""
    problems: Problems = {"choices": bad_length(0, 25)} if len(choices) > 25 else {}
    for index, choice in enumerate(choices):
        found = lengths(choice, {"name": (1, 100)}) | _localized_problems(choice, "name", (1, 100))
        if not _is_value(choice.get("value"), kind):
            found["value"] = ("BASE_TYPE_INVALID", "Is no value of such an option.")
        problems |= {f"choices.{index}.{path}": problem for path, problem in found.items()}
    return problems


def _is_value(value: object, kind: int) -> bool:
    if kind == STRING:
        return isinstance(value, str) and 1 <= len(value) <= 100
    wanted = int if kind == INTEGER else (int, float)
    return isinstance(value, wanted) and not isinstance(value, bool)
