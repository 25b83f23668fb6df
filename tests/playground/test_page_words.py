"""The page's words: every language has all of them, and the scripts hold none."""

import re
from pathlib import Path

import pytest

from playground.page.page import STATIC

SENTENCE = re.compile(r'^  (\w+): "(.*)",$', re.M)
FILES = {"en-US": "english", "zh-CN": "simplified", "zh-TW": "traditional"}
SAME = {"not_possible"}  # in English the server's own reason
SCRIPTS = [path for path in sorted(STATIC.glob("*.js")) if path.stem not in FILES.values()]


def sentences(language: str) -> dict[str, str]:
    return dict(SENTENCE.findall((STATIC / f"{FILES[language]}.js").read_text(encoding="utf-8")))


def blanks(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


@pytest.mark.parametrize("language", ["zh-CN", "zh-TW"])
def test_every_language_has_the_sentences_of_the_english_in_its_order(language: str):
    english, translated = sentences("en-US"), sentences(language)
    assert len(english) > 50
    assert list(translated) == list(english)
    wrong = {name for name in english if blanks(english[name]) != blanks(translated[name])}
    assert wrong - SAME == set()
    letters = re.compile("[a-z]{3}")
    plain = {name for name, text in english.items() if letters.search(re.sub("{.*?}", "", text))}
    assert {name for name in plain if not re.search("[\u4e00-\u9fff]", translated[name])} == set()


def test_simplified_and_traditional_are_two():
    assert sentences("zh-CN")["send"] != sentences("zh-TW")["send"]


def test_every_sentence_is_used_and_every_one_that_is_asked_for_is_there():
    text = "".join(each.read_text(encoding="utf-8") for each in [*SCRIPTS, STATIC / "index.html"])
    english = sentences("en-US")
    asked = set(re.findall(r'\b(?:t|nodes)\("(\w+)"', text)) | set(
        re.findall(r'data-(?:t|label)="(\w+)"', text)
    )
    assert asked - english.keys() == set()
    named = asked | set(re.findall(r'"(\w+)"', text))
    by_rule = {name for name in english if name.startswith("theme_")} | {"moderates", "reads_chinese"}
    permissions = set(list(english)[list(english).index("manage_server") :])
    assert english.keys() - named - by_rule - permissions == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_no_script_holds_words_of_its_own(script: Path):
    code = re.sub(r"^\s*//.*$|/\*\*.*?\*/", "", script.read_text(encoding="utf-8"), flags=re.M | re.S)
    assert re.findall(r'"[A-Z][a-z]+ [^"]*"|`[A-Z][a-z]+ [^`]*`', code) == []
    assert len(code.splitlines()) < 300
