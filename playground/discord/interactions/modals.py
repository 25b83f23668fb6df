"""Modals: validating one as Discord's API does, and filling it in as Discord's client does."""

from collections.abc import Mapping, Sequence

from playground.discord.components import (
    MODAL,
    SELECTS,
    Kind,
    Problems,
    bad_length,
    component_problems,
    iter_components,
    lengths,
)
from playground.discord.interactions.menus import Choice, choose
from playground.discord.interactions.options import FilledOptions
from playground.discord.json_values import Json, as_int, as_object, as_objects, as_text
from playground.discord.model import Channel, Role, Upload, User
from playground.discord.state import DiscordState
from playground.errors import OptionRefused

MAX_TEXT_INPUT = 4000

Value = Choice | bool | Sequence[Choice]
"""Of a text input the text, of a checkbox whether it is set, of all else one choice or several."""


def modal_problems(modal: Json) -> Problems:
    """What Discord answers to a modal that breaks a limit, by path."""
    components = as_objects(modal.get("components"))
    problems = lengths(modal, {"custom_id": (1, 100), "title": (1, 45), "components": (1, 5)})
    problems |= component_problems(components, MODAL)
    for path, component in iter_components(components):
        if component.get("type") in SELECTS and component.get("disabled"):
            problems[f"{path}.disabled"] = ("COMPONENT_DISABLED_IN_MODAL", "Cannot be disabled in a modal.")
        if component.get("min_values") == 0 and component.get("required") is not False:
            problems[f"{path}.min_values"] = _NEEDS_ONE
        if component.get("type") == Kind.ACTION_ROW:
            problems |= _unlabelled(component, path)
    return problems


_NEEDS_ONE = ("NUMBER_TYPE_MIN", "int value should be greater than or equal to 1.")
"""Fewest values of what is required, as it is unless `required` is false; the code is inference."""


def _unlabelled(row: Json, path: str) -> Problems:
    """Text inputs outside of a label have one of their own."""
    return {
        f"{path}.components.{index}.label": bad_length(1, 45)
        for index, text_input in enumerate(as_objects(row.get("components")))
        if not text_input.get("label")
    }


async def fill_modal(
    state: DiscordState, channel: Channel, modal: Json, values: Mapping[str, Value], upload_limit: int
) -> dict[str, object]:
    """A modal's submission. Fields not in `values` keep what the bot filled in. Raises OptionRefused."""
    rows = as_objects(modal.get("components"))
    fields = {as_text(each["custom_id"]): each for _, each in iter_components(rows) if "custom_id" in each}
    for name in values:
        if name not in fields:
            raise OptionRefused(name, f"the modal has only {sorted(fields)}")
    filled, answers = FilledOptions(), dict[str, dict[str, object]]()
    for name, field in fields.items():
        _check_files(name, values.get(name), upload_limit)
        answer = await _answer(state, channel, field, values.get(name), filled)
        answers[name] = {
            "type": field.get("type"),
            "id": as_int(field.get("id")),
            "custom_id": name,
            **answer,
        }
    components = [_row(row, answers) for row in rows]
    data: dict[str, object] = {"custom_id": modal.get("custom_id"), "components": components}
    return {**data, "resolved": filled.resolved} if filled.resolved else data


def _check_files(name: str, value: Value | None, upload_limit: int) -> None:
    for file in _several(value):
        if isinstance(file, Upload) and len(file.data) > upload_limit:
            raise OptionRefused(name, f"the file is larger than {upload_limit} bytes")


async def _answer(
    state: DiscordState, channel: Channel, field: Json, value: Value | None, filled: FilledOptions
) -> dict[str, object]:
    """What a field is sent with beside its kind and name."""
    kind = field.get("type")
    if kind == Kind.TEXT_INPUT:
        return {"value": _text(field, value)}
    if kind == Kind.CHECKBOX:
        return {"value": field.get("default") is True if value is None else value is True}
    choices = _preselected(field) if value is None else _several(value)
    chosen: list[object] = []
    if choices:
        chosen = await choose(state, channel, field, choices, filled)
    elif field.get("required", True) is not False:
        raise OptionRefused(as_text(field.get("custom_id")), "is required")
    if kind == Kind.RADIO_GROUP:
        return {"value": chosen[0] if chosen else None}
    return {"values": chosen}


def _several(value: Value | None) -> list[Choice]:
    if value is None or isinstance(value, bool):
        return []
    return [value] if isinstance(value, str | User | Role | Channel | Upload) else list(value)


def _preselected(field: Json) -> list[Choice]:
    return [as_text(entry.get("value")) for entry in as_objects(field.get("options")) if entry.get("default")]


def _text(field: Json, value: Value | None) -> str:
    """The text of a text input. Raises OptionRefused for one that is too short or too long."""
    text = value if isinstance(value, str) else as_text(field.get("value"))
    may_be_empty = field.get("required", True) is False and not text
    shortest = 0 if may_be_empty else max(as_int(field.get("min_length")), 1)
    longest = as_int(field.get("max_length")) or MAX_TEXT_INPUT
    if not shortest <= len(text) <= longest:
        raise OptionRefused(as_text(field.get("custom_id")), f"must have {shortest} to {longest} characters")
    return text


def _row(row: Json, answers: Mapping[str, dict[str, object]]) -> dict[str, object]:
    """A row of the submission as it stood in the modal; plain text comes back without its words."""
    shared: dict[str, object] = {"type": row.get("type"), "id": as_int(row.get("id"))}
    if row.get("type") == Kind.LABEL:
        inner = as_text(as_object(row.get("component")).get("custom_id"))
        return {**shared, "component": answers[inner]}
    if row.get("type") == Kind.ACTION_ROW:
        inputs = as_objects(row.get("components"))
        return {**shared, "components": [answers[as_text(each.get("custom_id"))] for each in inputs]}
    return shared
