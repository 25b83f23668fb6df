"""The catalogues: each sentence in each language, with the same blanks."""

import string

import pytest

from cogs.words import CATALOGUES, ENGLISH, say


def blanks(sentence: str) -> set[str]:
    """The names between braces."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_language_has_every_sentence_with_the_same_blanks(language: str) -> None:
    catalogue = CATALOGUES[language]
    assert catalogue.keys() == ENGLISH.keys()
    assert {key for key in ENGLISH if blanks(ENGLISH[key]) != blanks(catalogue[key])} == set()


def test_a_locale_finds_its_language_and_others_english() -> None:
    assert say("zh-CN", "queued_next") == say("zh-TW", "queued_next") != say("en-GB", "queued_next")
    assert say("fr", "queued_next") == say("en-US", "queued_next")


def test_a_value_is_never_taken_for_a_blank() -> None:
    assert "{ahead}" in say("en", "refused_preset", preset="{ahead}", offered="fast")
