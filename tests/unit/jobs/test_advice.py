"""Advice on prompts and pictures: said where it helps, silent where all is well."""

import pytest

import media
from cogs.i18n.catalogue import LANGUAGES
from cogs.ui.texts import render_advice
from comfy import BUILT_IN, load_workflows
from jobs.advice import Advice, advise

NEGATIVE_PROMPT = str(load_workflows(BUILT_IN)["wan21_i2v"].default("fast", "negative_prompt"))

GOOD = [
    "The person in the image is walking slowly through a garden",
    "The cat in the photo is playing with a ball of yarn",
    "The car in the image is driving down a winding mountain road",
    "The dancer in the picture is performing elegant ballet movements",
    "她慢慢转过头，微风吹动头发",
    "鏡頭緩緩推近，貓咪在玩毛線球",
    "Waves roll in, then the sun sets",
]


def names(prompt: str, negative: str = NEGATIVE_PROMPT, *notes: media.PictureIssue) -> list[str]:
    return [each.name.removeprefix("advice_") for each in advise(prompt, negative, notes)]


@pytest.mark.parametrize("prompt", GOOD)
def test_a_good_prompt_gets_no_advice(prompt: str) -> None:
    assert names(prompt) == []


@pytest.mark.parametrize(
    ("prompt", "advice"),
    [
        ("a cat", "short"),
        ("猫", "short"),
        ("A beautiful portrait of a woman in a red dress", "still"),
        ("一只可爱的橘色小猫咪", "still"),
        ("She is dancing. Cut to a beach", "scenes"),
        ("He is walking, then he sits down, then he is eating", "scenes"),
        ("她在跳舞，然后她走开，然后她坐下", "scenes"),
        ("镜头切换到海边，她在奔跑", "scenes"),
    ],
)
def test_what_may_disappoint_is_said(prompt: str, advice: str) -> None:
    assert names(prompt) == [advice]


def test_a_phrase_that_is_wished_for_and_forbidden_is_named() -> None:
    [advice] = advise("The camera is static while leaves are falling", "blurry, static, low quality")
    assert advice == Advice(name="advice_contradiction", values={"words": "static"})
    assert names("她在模糊的雨中奔跑", "模糊，静止") == ["contradiction"]
    assert names("The ecstatic man is dancing wildly", "static") == []


@pytest.mark.parametrize("note", list(media.PictureIssue))
def test_pictures_get_advice_too_but_one_that_was_only_shrunk(note: media.PictureIssue) -> None:
    expected = [] if note is media.PictureIssue.SHRUNK else [note.value]
    assert names(GOOD[0], NEGATIVE_PROMPT, note) == expected


@pytest.mark.parametrize("locale", LANGUAGES)
def test_all_of_it_fits_a_message(locale: str) -> None:
    text = render_advice(locale, advise("static cat", "static", list(media.PictureIssue)))
    assert text.count("\n- ") >= 7
    assert len(text) < 2000
