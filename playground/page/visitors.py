"""The people that somebody at the page can be, and the language that each reads."""

from dataclasses import replace

from playground.errors import NotPossible
from playground.people import Member
from playground.place import Playground

PEOPLE = ("ada", "grace")
LANGUAGES = {"en-US": "English", "zh-CN": "简体中文", "zh-TW": "繁體中文"}
"""Discord's code of each language, and its own name for it."""


class Visitors:
    """Members of the playground's guild, who join with the first visit."""

    def __init__(self, place: Playground) -> None:
        self._place = place
        self._members: dict[str, Member] = {}

    def find(self, name: str, locale: str) -> Member:
        """The person of that name, now reading that language. Raises NotPossible for unknown ones."""
        if not self._members:
            self._members = {each: self._place.member(each) for each in PEOPLE}
        if name not in self._members or locale not in LANGUAGES:
            raise NotPossible(f"there is nobody called {name} here who reads {locale}")
        member = self._members[name]
        self._place.world.users[member.id] = replace(member.user, locale=locale)
        return member
