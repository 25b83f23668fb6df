"""Advice on a prompt and its picture, by fixed rules; never a refusal."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import media
from jobs.errors import Titles

MIN_WORDS = 4
MIN_CHARACTERS = 6  # of Chinese, Japanese or Korean, where a word is a character or two

HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
WORD = re.compile(r"[a-z']+")
MOVES = re.compile(
    r"\b\w{2,}ing\b"  # nearly every English motion comes as one
    r"|\b(?:moves?|walks?|runs?|jumps?|turns?|waves?|nods?|blinks?|smiles?|laughs?|dances?|flies|swims?|rides?|drives?"
    r"|blows?|flows?|falls?|rises?|rolls?|spins?|shakes?|opens?|closes?|looks?|zooms?|pans?|tilts?|breathes?|plays?"
    r"|sways?|flickers?|drifts?|grows?|pulls?|pushes|motion|zoom (?:in|out)|dolly|orbits?|in the wind)\b"
    "|[动動走跑跳转轉挥揮眨笑舞飞飛游骑騎开開吹流飘飄落升滚滾摇搖摆擺推拉看呼吸变變燃眺奔爬抬伸]"
)
SCENES = re.compile(
    r"\b(?:cut to|next scene|new scene|scene \d|second scene|meanwhile|the camera cuts)\b"
    "|切换|切換|下一个镜头|下一個鏡頭|下一幕|另一个场景|另一個場景|第二个镜头|第二個鏡頭"
)
THEN = re.compile(r"\b(?:then|after that|afterwards|next,)(?=\W|$)|然后|然後|接着|接著|之后|之後|最后|最後")
MANY_THENS = 2

ISSUE_ADVICE: Mapping[media.PictureIssue, str] = {
    media.PictureIssue.SMALL: "advice_small",
    media.PictureIssue.BLURRED: "advice_blurred",
    media.PictureIssue.DARK: "advice_dark",
    media.PictureIssue.EXTREME_ASPECT: "advice_extreme_aspect",
    media.PictureIssue.ANIMATED: "advice_animated",
    media.PictureIssue.TRANSPARENT: "advice_transparent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One piece of advice: the name of its sentence in the catalogue, and the values that fill it."""

    name: str
    values: Mapping[str, str | Titles] = field(default_factory=dict[str, str | Titles])


def advise(
    prompt: str,
    negative: str | None,
    issues: Collection[media.PictureIssue] = (),
    *,
    loop: bool = False,
    wordless: Titles | None = None,
) -> tuple[Advice, ...]:
    """What may make the clip disappoint: first about the prompt, then about a `loop` and the pictures.

    `wordless`: what the model is called that takes no prompt, where somebody wrote one.
    """
    return (
        *([Advice(name="advice_no_words", values={"model": wordless})] if wordless else []),
        *(_on_prompt(prompt.casefold(), (negative or "").casefold()) if prompt else []),
        *([Advice(name="advice_loop")] if loop else []),
        *_on_picture(issues),
    )


def _on_prompt(prompt: str, negative: str) -> Iterator[Advice]:
    if _is_short(prompt):
        yield Advice(name="advice_short")
    elif not MOVES.search(prompt):
        yield Advice(name="advice_still")
    if contradiction := _contradictions(prompt, negative):
        yield Advice(name="advice_contradiction", values={"words": ", ".join(contradiction)})
    if SCENES.search(prompt) or len(THEN.findall(prompt)) >= MANY_THENS:
        yield Advice(name="advice_scenes")


def _on_picture(issues: Collection[media.PictureIssue]) -> Iterator[Advice]:
    for issue, name in ISSUE_ADVICE.items():
        if issue in issues:
            yield Advice(name=name)


def _is_short(prompt: str) -> bool:
    if characters := HAN.findall(prompt):
        return len(characters) < MIN_CHARACTERS
    return len(prompt.split()) < MIN_WORDS


def _contradictions(prompt: str, negative: str) -> list[str]:
    """At most three phrases of the negative prompt, as people list them, that the prompt asks for."""
    phrases = [each.strip() for each in re.split("[,，、;；\n]", negative)]
    wanted = f" {' '.join(WORD.findall(prompt))} "
    return [
        each
        for each in dict.fromkeys(phrases)
        if each and (each in prompt if HAN.search(each) else f" {' '.join(WORD.findall(each))} " in wanted)
    ][:3]
