"""Sentences for people in each language, from the gettext catalogues in `locales/`.

Each language, English too, is one `.po`. The name of a sentence is its msgid.
"""

import gettext
import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import discord
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from discord import app_commands

LOCALES = Path(__file__).parent / "locales"


@cache
def read_catalogue(language: str) -> Catalog:
    """The catalogue of one language, read once: that takes a tenth of a second."""
    with (LOCALES / f"{language}.po").open(encoding="utf-8") as file:
        return read_po(file)


def read_sentences(language: str) -> dict[str, Message]:
    """The sentences of one language by their names, in the order of its catalogue."""
    return {
        each.id if isinstance(each.id, str) else each.id[0]: each
        for each in read_catalogue(language)
        if each.id
    }


def _load(language: str) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _load_all() -> dict[str, gettext.GNUTranslations]:
    """The translations of every language by its code, English first, which is the fallback of the others."""
    english = _load("en-US")
    others = {path.stem: _load(path.stem) for path in sorted(LOCALES.glob("*.po")) if path.stem != "en-US"}
    for each in others.values():
        each.add_fallback(english)
    return {"en-US": english, **others}


ENGLISH: Mapping[str, Message] = read_sentences("en-US")
LANGUAGES: Mapping[str, gettext.GNUTranslations] = _load_all()


def language_of(locale: str) -> str:
    """The code in LANGUAGES for a Discord locale: the same, else one of that language, else English."""
    if locale in LANGUAGES:
        return locale
    language = locale.partition("-")[0]
    return next((each for each in LANGUAGES if each.partition("-")[0] == language), "en-US")


def translate(locale: str, name: str, /, **values: str | int | float) -> str:
    """The sentence of that name in the language of a Discord locale, filled with `values`.

    The value `number` picks the plural form where the sentence has any.
    """
    translations = LANGUAGES[language_of(locale)]
    if ENGLISH[name].pluralizable:
        text = translations.ngettext(name, name, _whole(float(values["number"])))
    else:
        text = translations.gettext(name)
    return text.format(**values)


def _whole(number: float) -> int:
    """The number by which gettext picks the plural form; that of a fraction is the form of many."""
    return int(number) if number.is_integer() else 2


def command_text(name: str) -> app_commands.locale_str:
    """A description or choice of a command, which Discord shows in each person's own language."""
    return app_commands.locale_str(translate("en-US", name), name=name)


class CommandTranslator(app_commands.Translator):
    """Translates what `command_text` names: descriptions and choices; names of commands stay English."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The translation for one of Discord's locales; None where there is no catalogue of that name."""
        name = string.extras.get("name")
        if name is None or locale.value not in LANGUAGES or locale.value == "en-US":
            return None
        return translate(locale.value, name)
