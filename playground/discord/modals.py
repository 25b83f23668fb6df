"""Filling in a modal as Discord's client does it."""

from collections.abc import Mapping

from playground.discord import render
from playground.discord.drafts import LABEL, TEXT_INPUT
from playground.discord.model import Channel, Upload
from playground.discord.wire import Json, as_int, as_list, as_object, as_objects, as_text
from playground.discord.world import World
from playground.errors import OptionRefused

LONGEST_TEXT = 4000

Values = Mapping[str, str | Upload]


async def fill_modal(world: World, channel: Channel, modal: Json, values: Values) -> dict[str, object]:
    """A modal's submission. Fields not in `values` keep what the bot filled in. Raises OptionRefused."""
    inputs = _inputs(modal)
    for name in values:
        if name not in inputs:
            raise OptionRefused(name, f"the modal has only {sorted(inputs)}")
    attachments: dict[str, object] = {}
    answers: dict[str, dict[str, object]] = {}
    for name, component in inputs.items():
        value = values.get(name)
        if isinstance(value, Upload):
            attachment = await world.store(value, channel.id, ephemeral=True)
            attachments[str(attachment.id)] = render.attachment(world, attachment)
            value = str(attachment.id)
        answers[name] = _answer(name, component, value)
    components = [_row(row, answers) for row in as_objects(modal.get("components"))]
    data: dict[str, object] = {"custom_id": modal.get("custom_id"), "components": components}
    return {**data, "resolved": {"attachments": attachments}} if attachments else data


def _inputs(modal: Json) -> dict[str, Json]:
    """The modal's fields by custom id: in action rows or, since Components V2, in labels."""
    found: dict[str, Json] = {}
    for row in as_objects(modal.get("components")):
        for component in (*as_objects(row.get("components")), as_object(row.get("component"))):
            if "custom_id" in component:
                found[as_text(component["custom_id"])] = component
    return found


def _answer(name: str, component: Json, value: str | None) -> dict[str, object]:
    answer = {"type": component.get("type"), "id": as_int(component.get("id")), "custom_id": name}
    if component.get("type") == TEXT_INPUT:
        text = as_text(component.get("value")) if value is None else value
        _check_text(name, component, text)
        return {**answer, "value": text}
    if value is None and component.get("required", True) and not _preselected(component):
        raise OptionRefused(name, "is required")
    return {**answer, "values": _preselected(component) if value is None else [value]}


def _preselected(component: Json) -> list[object]:
    return [entry.get("value") for entry in as_objects(component.get("options")) if entry.get("default")]


def _check_text(name: str, component: Json, text: str) -> None:
    shortest = as_int(component.get("min_length")) or int(component.get("required", True) is True)
    longest = as_int(component.get("max_length")) or LONGEST_TEXT
    if not shortest <= len(text) <= longest:
        raise OptionRefused(name, f"must have {shortest} to {longest} characters")


def _row(row: Json, answers: Mapping[str, dict[str, object]]) -> dict[str, object]:
    if row.get("type") == LABEL:
        inner = as_text(as_object(row.get("component")).get("custom_id"))
        return {"type": LABEL, "id": as_int(row.get("id")), "component": answers[inner]}
    inputs = [answers[as_text(each.get("custom_id"))] for each in as_objects(as_list(row.get("components")))]
    return {"type": row.get("type"), "id": as_int(row.get("id")), "components": inputs}
