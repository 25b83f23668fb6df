"""The members as whom the page can be used, with roles, permissions and languages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from playground.discord.permissions import NOTHING, Permission
from playground.errors import NotPossible
from playground.members import Member
from playground.playground import Playground

LANGUAGES = {"en-US": "English", "zh-CN": "简体中文", "zh-TW": "繁體中文"}
"""Discord's code of each language, and its own name for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A member to be on the page, with permissions and roles beyond everybody's."""

    locale: str | None = None
    """None: whatever language the page is read in."""
    about: str = ""
    """The name of a sentence of the page."""
    permissions: Permission = NOTHING
    roles: tuple[str, ...] = ()


MODERATES = Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES
PEOPLE: Mapping[str, Persona] = {
    "ada": Persona(),
    "grace": Persona(),
    "mia": Persona(about="moderates", permissions=MODERATES, roles=("moderator",)),
    "小雨": Persona(about="reads_chinese", locale="zh-CN"),
}


class Personas:
    """The personas as members of the guild, which they join with the first request."""

    def __init__(self, playground: Playground) -> None:
        self._playground = playground
        self._members: dict[str, Member] = {}

    def find(self, name: str, locale: str) -> Member:
        """The person of that name, now reading that language. Raises NotPossible for unknown ones."""
        if not self._members:
            self._members = {
                name: self._playground.member(name, permissions=persona.permissions, roles=persona.roles)
                for name, persona in PEOPLE.items()
            }
        if name not in self._members or locale not in LANGUAGES:
            raise NotPossible(f"there is nobody called {name} here who reads {locale}")
        member = self._members[name]
        self._playground.state.users[member.id] = replace(member.user, locale=locale)
        return member
