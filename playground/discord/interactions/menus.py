"""Pressing buttons and choosing from menus as Discord's client does it."""

from collections.abc import Mapping, Sequence

from playground.discord.components import SELECTS, Kind, choosable, iter_components
from playground.discord.interactions.options import FilledOptions, carry
from playground.discord.json_values import Json, as_int, as_list, as_object, as_objects, as_text
from playground.discord.model import Channel, Message, Role, Upload, User
from playground.discord.state import DiscordState
from playground.errors import NotPossible, OptionRefused

Choice = str | User | Role | Channel | Upload

CHOICE_TYPES: Mapping[int, tuple[type, ...]] = {
    Kind.STRING_SELECT: (str,),
    Kind.RADIO_GROUP: (str,),
    Kind.CHECKBOX_GROUP: (str,),
    Kind.USER_SELECT: (User,),
    Kind.ROLE_SELECT: (Role,),
    Kind.MENTIONABLE_SELECT: (User, Role),
    Kind.CHANNEL_SELECT: (Channel,),
    Kind.FILE_UPLOAD: (Upload,),
}


def find_button(message: Message, name: str) -> Json:
    """The button with this label, emoji or custom id. Raises NotPossible where it cannot be pressed."""
    for _, component in iter_components(message.components):
        if component.get("type") == Kind.BUTTON and name in _names_of(component):
            if component.get("disabled") or not component.get("custom_id"):
                raise NotPossible(f"the button {name} cannot be pressed")
            return component
    raise NotPossible(f"no button {name} in {message.text!r}")


def find_menu(message: Message, custom_id: str) -> Json:
    """The menu with this custom id. Raises NotPossible where nothing can be chosen from it."""
    for _, component in iter_components(message.components):
        if component.get("custom_id") == custom_id and component.get("type") in SELECTS:
            if component.get("disabled"):
                raise NotPossible(f"the menu {custom_id} cannot be used")
            return component
    raise NotPossible(f"no menu {custom_id} in {message.text!r}")


async def choose(
    state: DiscordState, channel: Channel, menu: Json, choices: Sequence[Choice], filled: FilledOptions
) -> list[object]:
    """What an interaction carries of the choices; what they refer to goes into `filled`.

    An entry of a menu is named by its value or its label. Raises OptionRefused for what it does not take.
    """
    name = as_text(menu.get("custom_id"))
    fewest, most = choosable(menu)
    if not fewest <= len(choices) <= most:
        raise OptionRefused(name, f"takes {fewest} to {most}, not {len(choices)}")
    carried: list[object] = []
    for choice in choices:
        _check_kind(name, menu, choice)
        meant = _entry(name, menu, choice) if isinstance(choice, str) else choice
        carried.append(await carry(state, channel, meant, filled))
    return carried


def _check_kind(name: str, menu: Json, choice: Choice) -> None:
    wanted = CHOICE_TYPES[as_int(menu.get("type"))]
    if not isinstance(choice, wanted):
        raise OptionRefused(name, f"must be {' or '.join(kind.__name__ for kind in wanted)}")
    kinds = as_list(menu.get("channel_types"))
    if isinstance(choice, Channel) and kinds and choice.kind not in kinds:
        raise OptionRefused(name, f"takes no channel like #{choice.name}")


def _entry(name: str, menu: Json, choice: str) -> str:
    """The value of the entry that is meant."""
    options = as_objects(menu.get("options"))
    for key in ("value", "label"):
        for option in options:
            if option.get(key) == choice:
                return as_text(option.get("value"))
    raise OptionRefused(name, f"must be one of {[option.get('value') for option in options]}")


def _names_of(component: Json) -> set[str]:
    emoji = as_text(as_object(component.get("emoji")).get("name"))
    return {as_text(component.get("label")), as_text(component.get("custom_id")), emoji} - {""}
