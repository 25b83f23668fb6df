"""The form of a command as the browser sends it, read into the values that a person gives."""

import asyncio
import math
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from playground.discord.model import Upload
from playground.discord.options import OptionKind
from playground.discord.wire import Json, as_int, as_objects, as_text
from playground.errors import OptionRefused


async def read_options(definition: Json, fields: Mapping[str, object]) -> dict[str, Any]:
    """The options of a (sub)command by name. Raises OptionRefused for what is not even of its kind."""
    kinds = {
        as_text(each.get("name")): as_int(each.get("type")) for each in as_objects(definition["options"])
    }
    return {name: await _read(name, kinds.get(name, 0), field) for name, field in fields.items()}


async def _read(name: str, kind: int, field: object) -> object:
    if isinstance(field, web.FileField):
        data = await asyncio.to_thread(field.file.read)
        return Upload(filename=field.filename, data=data, content_type=field.content_type)
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
        case _:
            raise OptionRefused(name, "cannot be given here")


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
