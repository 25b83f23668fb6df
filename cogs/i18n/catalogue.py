"""All words for people, in each language: gettext catalogues in `locales/`, asked for by name.

`english.pot` holds the English, each `.po` one more language. The name of a sentence is its msgctxt.
"""

import gettext
import io
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import discord
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from discord import app_commands

LOCALES = Path(__file__).parent / "locales"

English = str | tuple[str, str]  # one sentence, or what is said of one and of many


def read_catalogue(path: Path) -> Catalog:
    """A catalogue, each sentence named by its context."""
    with path.open(encoding="utf-8") as file:
        return read_po(file)


def _load(path: Path) -> gettext.NullTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(path))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


ENGLISH: Mapping[str, English] = {
    str(each.context): cast("English", each.id)
    for each in read_catalogue(LOCALES / "english.pot")
    if each.context
}
LANGUAGES: Mapping[str, gettext.NullTranslations] = {
    "en-US": gettext.NullTranslations(),
    **{path.stem: _load(path) for path in sorted(LOCALES.glob("*.po"))},
}


def language_of(locale: str) -> str:
    """The language, one of LANGUAGES, for a Discord locale: that very one, else its like, else English."""
    if locale in LANGUAGES:
        return locale
    like = locale.partition("-")[0]
    return next((each for each in LANGUAGES if each.partition("-")[0] == like), "en-US")


def say(locale: str, name: str, /, **values: str | int | float) -> str:
    """The sentence of that name in the language of a Discord locale.

    Where it differs for one and for many, the value `number` decides.
    """
    translations, english = LANGUAGES[language_of(locale)], ENGLISH[name]
    if isinstance(english, str):
        text = translations.pgettext(name, english)
    else:
        text = translations.npgettext(name, *english, int(values["number"]))
    return text.format(**values)


def spoken(name: str) -> app_commands.locale_str:
    """A sentence of the command list, which Discord shows in each person's own language."""
    return app_commands.locale_str(say("en-US", name), name=name)


class CommandWords(app_commands.Translator):
    """Translates what `spoken` names: descriptions and choices; names of commands stay English."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The words for one of Discord's languages; None where we do not speak it."""
        name = string.extras.get("name")
        if name is None or locale.value not in LANGUAGES or locale.value == "en-US":
            return None
        return say(locale.value, name)
