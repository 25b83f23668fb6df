"""Which picture of a message is animated, by Discord's JSON of it."""

from typing import Any

import pytest

from cogs.actions.message_pictures import find_picture

CDN = "https://cdn.discordapp.com/attachments/1/2"


def serves(url: str) -> bool:
    return url.startswith(("https://cdn.discordapp.com/", "https://images-ext-1.discordapp.net/"))


def attachment(name: str, kind: str | None = None, **more: object) -> dict[str, Any]:
    file = {"url": f"{CDN}/{name}?ex=1", "filename": name, "size": 5, **more}
    return file | ({"content_type": kind} if kind else {})


def shown(url: str, **more: object) -> dict[str, Any]:
    return {"media": {"url": url, "content_type": "image/png", **more}}


def found(**message: object) -> str | None:
    picture = find_picture(message, serves)
    return picture and picture.url.partition("?")[0].rpartition("/")[2]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([attachment("a.png", "image/png"), attachment("b.png", "image/png")], "a.png"),
        ([attachment("a.mp4", "video/mp4"), attachment("b.webp")], "b.webp"),
        ([attachment("unknown"), attachment("b.JPG")], "b.JPG"),
        ([attachment("unknown"), attachment("a.txt")], "unknown"),
        ([attachment("a.txt"), attachment("b.svg", "image/svg+xml"), attachment("c.zip")], None),
        ([attachment("a.png", "application/octet-stream")], "a.png"),
        ([attachment("a.heic")], "a.heic"),
    ],
)
def test_the_type_decides_else_the_name_and_what_neither_names_comes_last(
    files: list[dict[str, Any]], expected: str | None
) -> None:
    assert found(attachments=files) == expected


GALLERY = {"type": 12, "items": [shown("https://foreign.example/a.png"), shown(f"{CDN}/b.png")]}
THUMBNAIL = {"type": 11, **shown(f"{CDN}/thumbnail.png")}


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        (GALLERY, "b.png"),
        ({"type": 17, "components": [{"type": 10, "content": "words"}, GALLERY]}, "b.png"),
        (
            {"type": 17, "components": [{"type": 9, "components": [], "accessory": THUMBNAIL}]},
            "thumbnail.png",
        ),
        ({"type": 13, "name": "c.png", "size": 5, "file": {"url": f"{CDN}/c.png"}}, "c.png"),
        ({"type": 13, "name": "c.zip", "size": 5, "file": {"url": f"{CDN}/c.zip"}}, None),
        ({"type": 9, "components": [], "accessory": {"type": 2, "label": "a"}}, None),
    ],
)
def test_components_show_pictures_at_any_depth(component: dict[str, Any], expected: str | None) -> None:
    assert found(components=[component]) == expected


def test_an_embeds_picture_is_taken_from_discords_copy_alone() -> None:
    copy = "https://images-ext-1.discordapp.net/external/x/https/foreign.example/a.png"
    image = {"url": "https://foreign.example/a.png", "proxy_url": copy}
    assert found(embeds=[{"type": "image", "thumbnail": image}]) == "a.png"
    assert find_picture({"embeds": [{"thumbnail": image}]}, serves).url == copy  # type: ignore[union-attr]
    assert found(embeds=[{"image": {"url": "https://foreign.example/a.png"}}]) is None


def test_a_forward_shows_what_its_snapshot_shows() -> None:
    message = {"attachments": [], "components": [GALLERY]}
    assert found(attachments=[], message_snapshots=[{"message": message}]) == "b.png"


HIDDEN_EMBED = {"url": "https://a.example/b", "thumbnail": {"url": f"{CDN}/b.png"}}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"attachments": [attachment("SPOILER_a.png")]}, True),
        ({"attachments": [attachment("a.png", flags=1 << 3)]}, True),
        ({"attachments": [attachment("a.png", flags=1 << 5)]}, False),
        ({"components": [{"type": 12, "items": [{**shown(f"{CDN}/b.png"), "spoiler": True}]}]}, True),
        ({"components": [{"type": 17, "spoiler": True, "components": [GALLERY]}]}, True),
        ({"components": [{**THUMBNAIL, "spoiler": True}]}, True),
        ({"components": [GALLERY]}, False),
        ({"content": "look ||https://a.example/b||", "embeds": [HIDDEN_EMBED]}, True),
        ({"content": "||no|| https://a.example/b", "embeds": [HIDDEN_EMBED]}, False),
        ({"message_snapshots": [{"message": {"attachments": [attachment("SPOILER_a.png")]}}]}, True),
    ],
)
def test_what_is_hidden_is_a_spoiler(message: dict[str, Any], expected: bool) -> None:
    picture = find_picture(message, serves)
    assert picture
    assert picture.spoiler == expected


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"attachments": None, "embeds": None, "components": None, "message_snapshots": None, "content": None},
        {"attachments": ["a"], "embeds": [{"image": None}], "components": [{"items": [None]}]},
        {"message_snapshots": [{}]},
    ],
)
def test_what_is_missing_or_null_is_no_picture(message: dict[str, Any]) -> None:
    assert find_picture(message, serves) is None


def test_components_within_components_end() -> None:
    component: dict[str, Any] = {"components": []}
    component["components"].append(component)
    assert find_picture({"components": [component]}, serves) is None
