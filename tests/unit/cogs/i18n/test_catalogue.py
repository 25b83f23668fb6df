"""The catalogues: each sentence in each language, with the same blanks."""

import ast
import re
import string
from typing import cast

import discord
import pytest
from babel.messages.catalog import Message
from discord import app_commands

from cogs.i18n.catalogue import (
    ENGLISH,
    LANGUAGES,
    LOCALES,
    CommandTranslator,
    command_text,
    language_of,
    read_catalogue,
    read_sentences,
    translate,
)

TRANSLATED = [language for language in LANGUAGES if language != "en-US"]
COGS = LOCALES.parents[1]


def blanks(sentence: str) -> set[str]:
    """The names between braces."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def forms(sentence: Message) -> list[str]:
    """What people read: one sentence, or one for each form of a number."""
    return [sentence.string] if isinstance(sentence.string, str) else list(sentence.string or ())


def names_in_code() -> tuple[set[str], set[str]]:
    """The names of sentences that the code asks for, whole and by what they begin with."""
    whole, begun = set[str](), set[str]()
    for path in [*COGS.rglob("*.py"), *(COGS.parent / "jobs").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
    return whole, {each for each in begun if re.fullmatch(r"[a-z]+_(\w+_)?", each)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_exactly_the_sentences_of_the_english_in_its_order(language: str) -> None:
    said = [name for name, each in read_sentences(language).items() if all(forms(each))]
    assert said == list(ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_and_many_are_told_apart_where_the_english_does(language: str) -> None:
    plurals = read_catalogue(language).num_plurals
    found = {name: each.pluralizable and len(forms(each)) for name, each in read_sentences(language).items()}
    assert found == {name: each.pluralizable and plurals for name, each in ENGLISH.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_says_in_or_about_before_a_time_that_discord_renders_with_it(language: str) -> None:
    relative = re.compile(r"(\b(in|about|within|after)|大约|大約|约|約|在|于|於)\s*<t:[^>]*:R>")
    texts = [(name, text) for name, each in read_sentences(language).items() for text in forms(each)]
    assert [name for name, text in texts if relative.search(text)] == []
    assert [name for name, text in texts if re.search(r"<t:[^>]*:R>\s*(later|ago|后|後|前)", text)] == []


def test_what_is_counted_in_an_english_sentence_is_said_in_one_and_many() -> None:
    counted = re.compile(
        r"\{\w+\} (GPU )?(jobs?|prompts?|steps?|seconds?|minutes?|hours?|days?|times?|clips?|pictures?)\b"
    )
    single = [name for name, each in ENGLISH.items() if not each.pluralizable]
    assert [name for name in single if counted.search(str(ENGLISH[name].string))] == []


@pytest.mark.parametrize(("number", "many"), [(1, False), (0, True), (2, True), (0.5, True), (1.5, True)])
def test_a_fraction_and_none_are_many(number: float, many: bool) -> None:
    text = translate("en-US", "reason_expired", number=number, hours=f"{number:g}")
    assert text.startswith("it waited for more than " + (f"{number:g} hours." if many else "1 hour."))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_marked_as_doubtful(language: str) -> None:
    assert [name for name, each in read_sentences(language).items() if each.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_stands_for_itself_in_each_form(language: str) -> None:
    ids = {name: each.id for name, each in read_sentences(language).items()}
    assert ids == {name: (name, name) if each.pluralizable else name for name, each in ENGLISH.items()}


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_blanks_of_the_english(language: str) -> None:
    wrong = {
        name
        for name, each in read_sentences(language).items()
        for text in forms(each)
        if blanks(text) != blanks(forms(ENGLISH[name])[-1])
    }
    assert wrong == set()


def test_chinese_is_chinese() -> None:
    plain = {
        name for name, each in ENGLISH.items() if re.search("[a-z]{3}", re.sub("{.*?}", "", forms(each)[0]))
    }
    for language in ("zh-CN", "zh-TW"):
        texts = {name: forms(each)[0] for name, each in read_sentences(language).items()}
        assert {name for name in plain if not re.search("[\u4e00-\u9fff]", texts[name])} == set()
    assert read_sentences("zh-CN")["queued_next"].string != read_sentences("zh-TW")["queued_next"].string


def test_every_sentence_is_used() -> None:
    whole, begun = names_in_code()
    assert {name for name in ENGLISH if name not in whole and not name.startswith(tuple(begun))} == set()


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-CN", "zh-CN"),
        ("zh-TW", "zh-TW"),
        ("zh", "zh-CN"),
        ("en-GB", "en-US"),
        ("fr", "en-US"),
        ("", "en-US"),
    ],
)
def test_a_locale_finds_its_language_and_others_english(locale: str, language: str) -> None:
    assert language_of(locale) == language
    assert translate(locale, "queued_next") == translate(language, "queued_next")


def test_one_and_many_are_told_apart_where_the_language_does() -> None:
    assert "1" not in translate("en-US", "refused_queued_per_person", number=1)
    assert "2 jobs" in translate("en-US", "refused_queued_per_person", number=2)
    assert "1" in translate("zh-CN", "refused_queued_per_person", number=1)


def test_a_value_is_never_taken_for_a_blank() -> None:
    assert "{ahead}" in translate("en", "refused_preset", preset="{ahead}", offered="fast")


@pytest.mark.parametrize(("locale", "language"), [("zh-CN", "zh-CN"), ("en-US", None), ("fr", None)])
async def test_commands_are_described_in_the_languages_that_there_are(
    locale: str, language: str | None
) -> None:
    text, context = command_text("command_help"), cast("app_commands.TranslationContextTypes", None)
    translated = await CommandTranslator().translate(text, discord.Locale(locale), context)
    assert text.message == translate("en-US", "command_help")
    assert translated == (translate(language, "command_help") if language else None)
    name = app_commands.locale_str("help")
    assert await CommandTranslator().translate(name, discord.Locale(locale), context) is None
