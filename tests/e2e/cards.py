"""Reads menus, picture descriptions and buttons of a card."""

from playground.discord.components import iter_components
from playground.discord.model import Message


def offered_in(card: Message) -> list[str]:
    """The values of all entries of its menus."""
    return [
        str(option["value"])
        for _, each in iter_components(card.components)
        for option in each.get("options", ())
    ]


def pictures_in(card: Message) -> list[str]:
    """What is read aloud instead of its pictures."""
    return [
        str(each["description"]) for _, each in iter_components(card.components) if each.get("description")
    ]


def labels_in(card: Message) -> list[str]:
    """The words on its buttons."""
    return [str(each["label"]) for _, each in iter_components(card.components) if each.get("label")]
