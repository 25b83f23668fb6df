"""The components of messages and modals: how they nest, how long they may be, how Discord numbers them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from playground.discord.json_values import Json, as_int, as_list, as_object, as_objects, as_text

Problem = tuple[str, str]
"""Discord's code and its words."""
Problems = dict[str, Problem]


class Kind(IntEnum):
    """The `type` of a component (Discord reference, "Component Types")."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


SELECTS = frozenset(
    {
        Kind.STRING_SELECT,
        Kind.USER_SELECT,
        Kind.ROLE_SELECT,
        Kind.MENTIONABLE_SELECT,
        Kind.CHANNEL_SELECT,
    }
)
IN_A_CONTAINER = frozenset(
    {Kind.ACTION_ROW, Kind.SECTION, Kind.TEXT_DISPLAY, Kind.MEDIA_GALLERY, Kind.FILE, Kind.SEPARATOR}
)
IN_A_LABEL = SELECTS | {
    Kind.TEXT_INPUT,
    Kind.FILE_UPLOAD,
    Kind.RADIO_GROUP,
    Kind.CHECKBOX_GROUP,
    Kind.CHECKBOX,
}
LINK = 5
"""The style of a button that opens an address; it sends no interaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which kinds stand at the top, and which in an action row."""

    top: frozenset[Kind]
    row: frozenset[Kind]


CLASSIC = Layout(top=frozenset({Kind.ACTION_ROW}), row=SELECTS | {Kind.BUTTON})
CARDS = Layout(top=IN_A_CONTAINER | {Kind.CONTAINER}, row=SELECTS | {Kind.BUTTON})
MODAL = Layout(
    top=frozenset({Kind.ACTION_ROW, Kind.LABEL, Kind.TEXT_DISPLAY}), row=frozenset({Kind.TEXT_INPUT})
)

Bounds = Mapping[str, tuple[int, int]]
_CUSTOM_ID: Bounds = {"custom_id": (1, 100)}
_MENU: Bounds = {**_CUSTOM_ID, "placeholder": (0, 150)}
_BOUNDS: Mapping[int, Bounds] = {
    Kind.ACTION_ROW: {"components": (1, 5)},
    Kind.BUTTON: {"custom_id": (0, 100), "label": (0, 80), "url": (0, 512)},
    Kind.STRING_SELECT: {**_MENU, "options": (1, 25)},
    **{kind: {**_MENU, "default_values": (0, 25)} for kind in SELECTS - {Kind.STRING_SELECT}},
    Kind.TEXT_INPUT: {**_CUSTOM_ID, "label": (0, 45), "value": (0, 4000), "placeholder": (0, 100)},
    Kind.SECTION: {"components": (1, 3)},
    Kind.TEXT_DISPLAY: {"content": (1, 4000)},
    Kind.THUMBNAIL: {"description": (0, 1024)},
    Kind.MEDIA_GALLERY: {"items": (1, 10)},
    Kind.CONTAINER: {"components": (1, 40)},
    Kind.LABEL: {"label": (1, 45), "description": (0, 100)},
    Kind.FILE_UPLOAD: _CUSTOM_ID,
    Kind.RADIO_GROUP: {**_CUSTOM_ID, "options": (2, 10)},
    Kind.CHECKBOX_GROUP: {**_CUSTOM_ID, "options": (1, 10)},
    Kind.CHECKBOX: _CUSTOM_ID,
}
"""Fewest and most characters or entries; what must have one is required (Discord's API document)."""
_BOUNDS_OF_ENTRIES: Mapping[str, Bounds] = {
    "options": {"label": (1, 100), "value": (1, 100), "description": (0, 100)},
    "items": {"description": (0, 1024)},
}


def iter_components(components: Sequence[Json], path: str = "components") -> Iterator[tuple[str, Json]]:
    """Each component with its path, also those within others."""
    for index, component in enumerate(components):
        here = f"{path}.{index}"
        yield here, component
        yield from iter_components(as_objects(component.get("components")), f"{here}.components")
        for single in ("accessory", "component"):
            if inner := as_object(component.get(single)):
                yield f"{here}.{single}", inner


def component_problems(components: Sequence[Json], layout: Layout) -> Problems:
    """The problems that Discord reports of these components, by path."""
    everything = list(iter_components(components))
    top = _placed({"components": components}, "components", "components")
    problems = dict(_misplaced(top, layout.top, layout))
    for path, component in everything:
        problems |= {f"{path}.{key}": problem for key, problem in _problems(component).items()}
    return problems | _repeated_ids(everything)


def bad_length(shortest: int, longest: int) -> Problem:
    """The problem of a text or list whose length is out of bounds."""
    return "BASE_TYPE_BAD_LENGTH", f"Must be between {shortest} and {longest} in length."


def lengths(holder: Json, bounds: Bounds) -> Problems:
    """The texts and lists of an object that are too short or too long."""
    return {
        key: bad_length(shortest, longest)
        for key, (shortest, longest) in bounds.items()
        if not shortest <= _length(holder.get(key)) <= longest
    }


def _length(value: object) -> int:
    return len(value) if isinstance(value, str) else len(as_list(value))


def _misplaced(
    placed: Iterable[tuple[str, Json]], allowed: frozenset[Kind], layout: Layout
) -> Iterator[tuple[str, Problem]]:
    """The components (by path) of kinds that do not belong where they are."""
    for path, component in placed:
        if component.get("type") not in allowed:
            kinds = tuple(sorted(int(kind) for kind in allowed))
            yield f"{path}.type", ("UNION_TYPE_CHOICES", f'Value of field "type" must be one of {kinds}.')
            continue
        for slot, inner_allowed in _slots(as_int(component.get("type")), layout).items():
            yield from _misplaced(_placed(component, slot, f"{path}.{slot}"), inner_allowed, layout)


def _placed(holder: Json, slot: str, path: str) -> list[tuple[str, Json]]:
    """What stands in a slot: a list of components, or one alone."""
    if slot != "components":
        return [(path, as_object(holder.get(slot)))]
    return [(f"{path}.{index}", each) for index, each in enumerate(as_objects(holder.get(slot)))]


def _slots(kind: int, layout: Layout) -> Mapping[str, frozenset[Kind]]:
    match kind:
        case Kind.ACTION_ROW:
            return {"components": layout.row}
        case Kind.SECTION:
            accessories = frozenset({Kind.BUTTON, Kind.THUMBNAIL})
            return {"components": frozenset({Kind.TEXT_DISPLAY}), "accessory": accessories}
        case Kind.CONTAINER:
            return {"components": IN_A_CONTAINER}
        case Kind.LABEL:
            return {"component": IN_A_LABEL}
        case _:
            return {}


def _problems(component: Json) -> Problems:
    kind = as_int(component.get("type"))
    problems = lengths(component, _BOUNDS.get(kind, {}))
    for key, bounds in _BOUNDS_OF_ENTRIES.items():
        for index, entry in enumerate(as_objects(component.get(key))):
            found = lengths(entry, bounds)
            problems |= {f"{key}.{index}.{inner}": problem for inner, problem in found.items()}
    match kind:
        case Kind.ACTION_ROW:
            return problems | _row_problems(component)
        case Kind.BUTTON:
            return problems | _button_problems(component)
        case Kind.TEXT_INPUT:
            return problems | _text_input_problems(component)
        case Kind.STRING_SELECT | Kind.RADIO_GROUP | Kind.CHECKBOX_GROUP:
            return problems | _option_problems(component)
        case _:
            return problems


def _row_problems(row: Json) -> Problems:
    """Five buttons, or one of anything else."""
    inner = as_objects(row.get("components"))
    alone = all(component.get("type") == Kind.BUTTON for component in inner) or len(inner) == 1
    return {} if alone else {"components": ("COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The row is too wide.")}


def _button_problems(button: Json) -> Problems:
    wanted, unwanted = ("url", "custom_id") if button.get("style") == LINK else ("custom_id", "url")
    problems: Problems = {}
    if not button.get(wanted) or button.get(unwanted):
        problems[wanted] = ("BUTTON_COMPONENT_INVALID", f"Such a button has a {wanted} and no {unwanted}.")
    if not (button.get("label") or button.get("emoji")):
        problems["label"] = ("BUTTON_COMPONENT_INVALID", "A button must have a label or an emoji.")
    return problems


def _text_input_problems(text_input: Json) -> Problems:
    value, longest = as_text(text_input.get("value")), as_int(text_input.get("max_length")) or 4000
    return {} if len(value) <= longest else {"value": bad_length(0, longest)}


def _option_problems(menu: Json) -> Problems:
    options = as_objects(menu.get("options"))
    counted = Counter(as_text(option.get("value")) for option in options)
    problems: Problems = {
        f"options.{index}.value": (
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
            "The specified option value is already used",
        )
        for index, option in enumerate(options)
        if counted[as_text(option.get("value"))] > 1
    }
    most = choosable(menu)[1]
    if sum(option.get("default") is True for option in options) > most:
        problems["options"] = (
            "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES",
            f"The number of default values exceeds {most}",
        )
    if len(options) < most and menu.get("type") != Kind.CHECKBOX_GROUP:
        problems["options"] = bad_length(most, 25)
    return problems


def choosable(menu: Json) -> tuple[int, int]:
    """How many entries of a menu (files of an upload) one must and may choose."""
    fewest, most = menu.get("min_values"), menu.get("max_values")
    everything = len(as_list(menu.get("options"))) if menu.get("type") == Kind.CHECKBOX_GROUP else 1
    return 1 if fewest is None else as_int(fewest), as_int(most) or everything


def _repeated_ids(everything: Iterable[tuple[str, Json]]) -> Problems:
    seen: set[object] = set()
    problems: Problems = {}
    for path, component in everything:
        custom_id = component.get("custom_id")
        if custom_id is not None and custom_id in seen:
            problems[f"{path}.custom_id"] = (
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            )
        seen.add(custom_id)
    return problems


def numbered(components: Sequence[Json]) -> list[Json]:
    """The components as Discord gives them back: each with an id, counted from 1 in reading order."""
    count = 0

    def number(component: Json) -> Json:
        nonlocal count
        count += 1
        given: dict[str, object] = {"id": count, **component}
        if "components" in component:
            given["components"] = [number(inner) for inner in as_objects(component["components"])]
        for single in ("accessory", "component"):
            if single in component:
                given[single] = number(as_object(component[single]))
        return given

    return [number(component) for component in components]
