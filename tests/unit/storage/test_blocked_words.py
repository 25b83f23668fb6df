"""Blocked words are found however they are written."""

import pytest

from storage import QueueLimits
from storage.blocked_words import BLOCKED_WORDS, first_blocked

DAY = 86400.0


@pytest.mark.parametrize(
    "prompt",
    [
        "UNDRESS",
        "she\u00a0strips her naked, strip\n her",
        "u\u200bn\u200bdress",
        "úndrèss",
        "𝐮𝐧𝐝𝐫𝐞𝐬𝐬",
        "她 脱 掉 衣 服",
        "脫衣",
        "pre–teen",
    ],
)
def test_a_blocked_word_is_found_in_any_width_case_and_spacing(prompt: str) -> None:
    assert first_blocked(prompt, BLOCKED_WORDS)


@pytest.mark.parametrize(
    "prompt",
    ["a child plays in the snow", "the dancer's dress turns", "lollipop", "她走去衣柜", "小女孩笑了", ""],
)
def test_harmless_prompts_pass(prompt: str) -> None:
    assert first_blocked(prompt, BLOCKED_WORDS) is None


def test_words_of_ones_own_are_normalised_too() -> None:
    assert first_blocked("blue   CAR!", {"Ｂlue car"}) == "Ｂlue car"
    assert not QueueLimits(blocked_words=frozenset()).blocked_word("undress")


def test_no_prompt_takes_long() -> None:
    for prompt in ("strip " * 100_000, "脱" * 300_000, "a\u0301" * 200_000):
        assert first_blocked(prompt, BLOCKED_WORDS) is None
