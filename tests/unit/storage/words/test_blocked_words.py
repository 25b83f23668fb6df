"""Blocked words are found however they are written, and innocent sentences pass."""

import time

import pytest

from storage import QueueLimits
from storage.words.blocked_words import BLOCKED_WORDS, first_blocked

OWN = frozenset({"nude", "sex", "gore", "Ｂlue car"})

REFUSED = """
UNDRESS | ｕｎｄｒｅｓｓ | úndrèss | l̸o̸l̸i̸ | łoli | 𝐮𝐧𝐝𝐫𝐞𝐬𝐬 | 𝓾𝓷𝓭𝓻𝓮𝓼𝓼 | ⓤⓝⓓⓡⓔⓢⓢ | 🅤🅝🅓🅡🅔🅢🅢 | 🇺🇳🇩🇷🇪🇸🇸 | ₗₒₗᵢ | ʟᴏʟɪ | ᴜɴᴅʀᴇꜱꜱ | Ⅼoli | ɭoli
undrеss | nаked сhild | υиdrεss | shоtа | striр hеr | ՏԵ5 undress | Ιoli | Ioli | vndress
l0l1 | 1oli | 1ol1 | p3d0 | n4k3d ch1ld | $tr1p her | str!p her | topl3ss | no cl0thes | undre$$ | n@ked g|rl | naked (hild | undr€ss
u n d r e s s | l o l i | a p e d o | u.n.d.r.e.s.s | u-n-d-r-e-s-s her | l.o.l.i | pe.do | lo-li | un dress | und ress | pre–teen | pre teen
naked  -- child | naked/child | take-off-her-clothes | undress_her | _undress_ | undress123 | nakedchild | n a k e d c h i l d
undressssss | uuunnndddrrreeessss | lllooollliii | nnaakkeedd kkiidd
lolis | LOLIS | pedos | pedophiles | naked children | naked kids | nude girls | nude child's | undresses | undressed | undressing | disrobes | disrobing
stripping her | stripped him | strips her naked | removing her clothes | taking off his clothes | took off clothes | nudifies | nudifying | stripteases
u🔥n🔥d🔥r🔥e🔥s🔥s | nude,child | 她undress了 | 她 脱 掉 衣 服 | 脫衣 | 裸體兒童 | 裸体兒童 | 脫掉她的衣服 | 裸.体 | 脱-衣 | 裸　体 | ⼉童裸 | 儿童 裸
""".strip()  # noqa: E501

INVISIBLE = {
    "zero width": "u\u200bn\u200bdress",
    "soft hyphen": "lo\u00adli",
    "joiner": "und\u2063ress",
    "variation selector": "lo\ufe0fli",
    "filler": "l\u3164oli",
    "Braille blank": "l\u2800o\u2800l\u2800i",
    "control": "un\x08dress",
    "private use": "un\ue000dress",
    "tags between": "un\U000e0064dress",
    "all in tags": "a cat \U000e006c\U000e006f\U000e006c\U000e0069",
    "instead of spaces": "a\u200bnaked\u200bchild",
    "beside a word": "a\u200bloli",
    "Chinese": "裸\u200b体",
    "combining": "u\u0301\u0327ndre\u0301ss",
    "newline": "un\ndress",
    "between words": "she\u00a0strips her naked, strip\n her",
}

INNOCENT = """
a child plays in the snow | the dancer's dress turns | the child's drawing comes alive | the child and the painting | kids play outside
lollipop | loll | her tongue lolls | lol | LOL!!! | lola's garden | polish pottery | a lone wolf | a lot of lilies
a sun dress in the wind | sundress | two girls in sundresses | the dress is undone | a fun dress | address | the undressy look
a nudge | the naked eye | naked mole rat | nude colours of the dawn | a nugget | menu de jour
Essex | Sussex | unisex | sextant | assassin | Scunthorpe | class | therapist | George | category | gorgeous | go red | as soon
On Anna's trip her hair blows | a trip her friends took | comic strip heroes | a strip of light | stripes on her shirt | he strips the paint
a striped hero | a pedometer counts | pedestrians | torpedo boats | melody | Pedro | pretend | a pretender | shot at dawn | a shot, a splash | shotgun
plane takes off | she takes off her hat | clothes line in the wind | remove the hat | without closing | piano closes | no cloth
3 girls, 4 boys, 5 kids | Low light, 4k, 60 fps, 1.5x | x11 l1 i1 0o0 | underline | wonder | 12 % off | C++ | a + b | email@example.org
她走去衣柜 | 小女孩笑了 | 小孩在雪里玩 | 她从沙发上逃脱，衣服飘动 | 她脱下帽子 | 裸麦面包 | 兒童在公園玩 | 衣服 | 脱帽 | かわいい猫
кошка идёт по снегу | Η γάτα τρέχει | 🇺🇸 🇬🇧 | 👩‍👩‍👧 a family laughs | un chat qui danse
""".strip()  # noqa: E501

HOSTILE = (
    "strip ",
    "n ",
    "u-",
    "u\u200b",
    "1l!|",
    "@4",
    "a\u0301",
    "\ufdfa",
    "脱",
    "no clothe ",
    "ｕ.",
    "\U000e0061",
)


def sentences(text: str) -> list[str]:
    return [each.strip(" ") for line in text.splitlines() for each in line.split(" | ")]


def test_a_blocked_word_is_found_in_any_disguise() -> None:
    prompts = sentences(REFUSED) + list(INVISIBLE.values())
    prompts += [f"a cat, {each}, slowly" for each in prompts]
    assert [each for each in prompts if not first_blocked(each, BLOCKED_WORDS)] == []


def test_every_blocked_word_is_found_in_capitals_in_full_width_and_apart() -> None:
    wide = {each: chr(each + 0xFEE0) for each in range(0x21, 0x7F)}
    for word in BLOCKED_WORDS:
        for prompt in (word, word.upper(), word.translate(wide), " ".join(word), "\u200b".join(word)):
            assert first_blocked(prompt, BLOCKED_WORDS), ascii(prompt)


def test_innocent_prompts_pass() -> None:
    prompts = sentences(INNOCENT)
    assert {each: found for each in prompts if (found := first_blocked(each, BLOCKED_WORDS))} == {}
    others = [each for each in prompts if "nude" not in each]
    assert {each: found for each in others if (found := first_blocked(each, OWN))} == {}


@pytest.mark.parametrize(
    "prompt",
    [
        "n u d e",
        "nudes",
        "n.u.d.e",
        "NUDE",
        "nuuude",
        "s e x",
        "s3x",
        "ѕех",
        "se\u200bx",
        "$ex",
        "g0re",
        "blue   CARS!",
    ],
)
def test_words_of_ones_own_are_found_in_the_same_way(prompt: str) -> None:
    assert first_blocked(prompt, OWN)


def test_the_word_is_named_as_its_owner_wrote_it() -> None:
    assert first_blocked("blue   CAR!", OWN) == "Ｂlue car"
    assert first_blocked("a loli and a nude", {"zebra", "loli"}) == "loli"


def test_words_without_a_letter_block_nothing() -> None:
    assert first_blocked("hello! - world", {"", " ", "-", "\u200b"}) is None
    assert first_blocked("hello", {"脱"}) is None
    assert not QueueLimits(blocked_words=frozenset()).blocked_word("undress")


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_is_linear_on_hostile_prompts(unit: str) -> None:
    """Ten times the text takes at most some twenty times as long; quadratic time would be a hundred."""
    short, long = (_seconds((unit * length)[:length]) for length in (4_000, 40_000))
    assert short < 0.2
    assert long < 30 * max(short, 0.005)


def _seconds(prompt: str) -> float:
    first_blocked("warm", BLOCKED_WORDS)
    began = time.process_time()
    assert first_blocked(prompt, BLOCKED_WORDS) is None
    return time.process_time() - began
