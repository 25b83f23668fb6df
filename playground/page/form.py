"""Forms as the browser sends them, read into the values that a person gives."""

import asyncio
import math
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from playground.discord.components import Kind, iter_components
from playground.discord.interactions.menus import Choice
from playground.discord.interactions.modals import Value
from playground.discord.interactions.options import OptionKind
from playground.discord.json_values import Json, as_id, as_int, as_objects, as_text
from playground.discord.model import Upload
from playground.errors import NotPossible, OptionRefused
from playground.playground import Playground

MENU_OF_OPTION: Mapping[int, Kind] = {
    OptionKind.USER: Kind.USER_SELECT,
    OptionKind.CHANNEL: Kind.CHANNEL_SELECT,
    OptionKind.ROLE: Kind.ROLE_SELECT,
    OptionKind.MENTIONABLE: Kind.MENTIONABLE_SELECT,
}
"""The menu that offers what an option of that kind takes."""


async def read_options(
    playground: Playground, definition: Json, fields: Mapping[str, object]
) -> dict[str, Any]:
    """The options of a (sub)command by name. Raises OptionRefused for what is not even of its kind."""
    kinds = {
        as_text(each.get("name")): as_int(each.get("type")) for each in as_objects(definition["options"])
    }
    return {name: await _read(playground, name, kinds.get(name, 0), field) for name, field in fields.items()}


async def read_fields(playground: Playground, modal: Json, form: MultiMapping[object]) -> dict[str, Any]:
    """The fields of a modal by custom id."""
    components = as_objects(modal.get("components"))
    return {
        as_text(field["custom_id"]): await _read_field(playground, field, form)
        for _, field in iter_components(components)
        if "custom_id" in field
    }


async def _read_field(playground: Playground, field: Json, form: MultiMapping[object]) -> Value:
    name, kind = as_text(field["custom_id"]), as_int(field.get("type"))
    given = form.getall(name, [])
    match kind:
        case Kind.TEXT_INPUT:
            return str(given[0]) if given else ""
        case Kind.CHECKBOX:
            return bool(given)
        case Kind.FILE_UPLOAD:
            return [await read_upload(file) for file in given if isinstance(file, web.FileField)]
        case _:
            return [referred(playground, kind, str(each)) for each in given if each]


def referred(playground: Playground, kind: int, value: str) -> Choice:
    """What an entry of a menu of that kind stands for: the text itself, a person, a role or a channel."""
    found: Mapping[int, Choice] = {}
    match kind:
        case Kind.USER_SELECT:
            found = playground.state.users
        case Kind.ROLE_SELECT:
            found = playground.guild.roles
        case Kind.MENTIONABLE_SELECT:
            found = {**playground.state.users, **playground.guild.roles}
        case Kind.CHANNEL_SELECT:
            found = playground.state.channels
        case _:
            return value
    if (meant := found.get(as_id(value) or 0)) is None:
        raise NotPossible(f"there is no {value} to choose")
    return meant


async def _read(playground: Playground, name: str, kind: int, field: object) -> object:
    if isinstance(field, web.FileField):
        return await read_upload(field)
    text = str(field)
    match kind:
        case OptionKind.INTEGER:
            return _whole(name, text)
        case OptionKind.NUMBER:
            return _number(name, text)
        case OptionKind.BOOLEAN:
            return text == "true"
        case OptionKind.STRING:
            return text
        case _ if kind in MENU_OF_OPTION:
            return _referred(playground, name, MENU_OF_OPTION[kind], text)
        case _:
            raise OptionRefused(name, "cannot be given here")


def _referred(playground: Playground, name: str, kind: Kind, text: str) -> Choice:
    try:
        return referred(playground, kind, text)
    except NotPossible as err:
        raise OptionRefused(name, str(err)) from err


async def read_upload(field: web.FileField) -> Upload:
    """A file as it came, with its name and its kind."""
    data = await asyncio.to_thread(field.file.read)
    return Upload(filename=field.filename, data=data, content_type=field.content_type)


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as err:
        raise OptionRefused(name, "must be a whole number") from err


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError as err:
        raise OptionRefused(name, "must be a number") from err
    if not math.isfinite(number):
        raise OptionRefused(name, "must be a number")
    return number
