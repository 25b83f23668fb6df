"""Filling in a command's options as Discord's client does it: what it would not send is refused here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from playground.discord.json_values import Json, as_int, as_objects, as_text
from playground.discord.model import Channel, Role, Upload, User
from playground.discord.render.guilds import (
    render_attachment,
    render_bare_member,
    render_channel,
    render_role,
    render_user,
)
from playground.discord.state import DiscordState
from playground.errors import NotPossible, OptionRefused

MAX_STRING_OPTION = 6000


class OptionKind(IntEnum):
    """The `type` of a command option."""

    SUBCOMMAND = 1
    GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


PYTHON_TYPES: Mapping[int, tuple[type, ...]] = {
    OptionKind.STRING: (str,),
    OptionKind.INTEGER: (int,),
    OptionKind.BOOLEAN: (bool,),
    OptionKind.USER: (User,),
    OptionKind.CHANNEL: (Channel,),
    OptionKind.ROLE: (Role,),
    OptionKind.MENTIONABLE: (User, Role),
    OptionKind.NUMBER: (int, float),
    OptionKind.ATTACHMENT: (Upload,),
}


@dataclass(slots=True)
class FilledOptions:
    """The `options` of an interaction, and what they refer to."""

    options: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    resolved: dict[str, dict[str, object]] = field(default_factory=dict[str, dict[str, object]])


def descend(definition: Json, path: tuple[str, ...]) -> Json:
    """The subcommand that a path leads to (`("show",)` of `/rules show`). Raises NotPossible."""
    for name in path:
        below = [option for option in as_objects(definition.get("options")) if option.get("name") == name]
        if not below:
            raise NotPossible(f"/{definition.get('name')} has no subcommand {name}")
        definition = below[0]
    return definition


def check(definition: Json, values: Mapping[str, object], upload_limit: int) -> None:
    """Raises OptionRefused for what is missing, unknown, of a wrong type or out of its range."""
    options = {as_text(option.get("name")): option for option in as_objects(definition.get("options"))}
    for name in values:
        if name not in options:
            raise OptionRefused(name, "there is no such option")
    for name, option in options.items():
        if name in values:
            _check_value(name, option, values[name], upload_limit)
        elif option.get("required"):
            raise OptionRefused(name, "is required")


def _check_value(name: str, option: Json, value: object, upload_limit: int) -> None:
    wanted = PYTHON_TYPES[as_int(option.get("type"))]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise OptionRefused(name, f"must be {' or '.join(kind.__name__ for kind in wanted)}")
    choices = [choice.get("value") for choice in as_objects(option.get("choices"))]
    if choices and value not in choices:
        raise OptionRefused(name, f"must be one of {choices}")
    if isinstance(value, str):
        _check_length(name, option, value)
    if isinstance(value, int | float):
        _check_range(name, option, value)
    if isinstance(value, Upload) and len(value.data) > upload_limit:
        raise OptionRefused(name, f"the file is larger than {upload_limit} bytes")


def _check_length(name: str, option: Json, value: str) -> None:
    longest = as_int(option.get("max_length")) or MAX_STRING_OPTION
    shortest = as_int(option.get("min_length")) or (1 if option.get("required") else 0)
    if not shortest <= len(value) <= longest:
        raise OptionRefused(name, f"must have {shortest} to {longest} characters")


def _check_range(name: str, option: Json, value: float) -> None:
    low, high = option.get("min_value"), option.get("max_value")
    if isinstance(low, int | float) and value < low:
        raise OptionRefused(name, f"must be at least {low}")
    if isinstance(high, int | float) and value > high:
        raise OptionRefused(name, f"must be at most {high}")


async def fill(
    state: DiscordState,
    channel: Channel,
    definition: Json,
    path: tuple[str, ...],
    values: Mapping[str, object],
    focused: str | None = None,
) -> FilledOptions:
    """Values that `check` accepted, as an interaction carries them; `focused` is the one being typed in."""
    filled = FilledOptions()
    kinds = {
        as_text(option.get("name")): as_int(option.get("type"))
        for option in as_objects(descend(definition, path).get("options"))
    }
    for name, value in values.items():
        carried = await carry(state, channel, value, filled)
        focus = {"focused": True} if name == focused else {}
        filled.options.append({"name": name, "type": kinds[name], "value": carried, **focus})
    for depth in range(len(path), 0, -1):
        kind = as_int(descend(definition, path[:depth]).get("type"))
        filled.options = [{"name": path[depth - 1], "type": kind, "options": filled.options}]
    return filled


async def carry(state: DiscordState, channel: Channel, value: object, filled: FilledOptions) -> object:
    """A plain value as it is; of anything else the id, with its data among the resolved."""
    match value:
        case Upload():
            attachment = await state.store(value, channel.id, ephemeral=True)
            return _resolve(filled, "attachments", attachment.id, render_attachment(state, attachment))
        case User():
            if (guild := state.guild_of(channel.id)) and value.id in guild.members:
                _resolve(filled, "members", value.id, render_bare_member(guild, value.id))
            return _resolve(filled, "users", value.id, render_user(value))
        case Role():
            return _resolve(filled, "roles", value.id, render_role(value))
        case Channel():
            return _resolve(filled, "channels", value.id, render_channel(state, value))
        case _:
            return value


def _resolve(filled: FilledOptions, kind: str, thing_id: int, data: dict[str, object]) -> str:
    filled.resolved.setdefault(kind, {})[str(thing_id)] = data
    return str(thing_id)


def focused(data: Json) -> Json:
    """The option of an interaction's data that the person is typing in."""
    for option in as_objects(data.get("options")):
        if option.get("focused"):
            return option
        if below := focused(option):
            return below
    return {}


def choices_for(suggested: object) -> list[tuple[str, object]]:
    """Name and value of each choice that a bot suggested."""
    return [(as_text(choice.get("name")), choice.get("value")) for choice in as_objects(suggested)]
