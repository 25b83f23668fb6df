"""Finds the picture that a message shows, in Discord's JSON of it, wherever a message can have one.

discord.py cannot read every message that Discord sends: nothing here depends on its objects.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from cogs.ui.submissions import Upload, may_be_picture, parse_file

Json = Mapping[str, Any]
MAX_DEPTH = 5  # of components within components
EMBED_PICTURES = ("image", "thumbnail")


def find_picture(message: Json, is_served: Callable[[str], bool]) -> Upload | None:
    """The first picture of a message: attached, in a component, an embed, or what it forwards; else None.

    `is_served` says whether an address may be fetched. Files whose name and type say nothing come last.
    """
    found = [each for each in _files(message, is_served) if may_be_picture(each) is not False]
    return next((each for each in found if may_be_picture(each)), found[0] if found else None)


def _files(message: Json, is_served: Callable[[str], bool]) -> Iterator[Upload]:
    """Every file that the message shows, by an address that may be fetched."""
    for each in _objects(message, "attachments"):
        yield parse_file(each)
    for file in (*_in_components(message, MAX_DEPTH), *_in_embeds(message)):
        if url := next((each for each in _addresses(file) if is_served(each)), None):
            yield parse_file({**file, "url": url})
    for snapshot in _objects(message, "message_snapshots"):
        yield from _files(_object(snapshot, "message"), is_served)


def _in_components(parent: Json, depth: int, *, hidden: bool = False) -> Iterator[Json]:
    """Media of galleries, thumbnails and files (Discord reference, "Component Reference")."""
    if not depth:
        return
    parts = [*_objects(parent, "components"), *filter(None, [_object(parent, "accessory")])]
    for part in [*parts, *_objects(parent, "items")]:
        spoiler = hidden or part.get("spoiler") is True
        for slot in ("media", "file"):
            if shown := _object(part, slot):
                yield {**shown, "filename": part.get("name"), "size": part.get("size"), "spoiler": spoiler}
        yield from _in_components(part, depth - 1, hidden=spoiler)


def _in_embeds(message: Json) -> Iterator[Json]:
    """Pictures of embeds; Discord hides those of links between `||`."""
    content = message.get("content")
    hidden = "".join(content.split("||")[1::2]) if isinstance(content, str) else ""
    for embed in _objects(message, "embeds"):
        link = embed.get("url")
        spoiler = isinstance(link, str) and link in hidden
        for slot in EMBED_PICTURES:
            if shown := _object(embed, slot):
                yield {"content_type": "image/unknown", **shown, "spoiler": spoiler}


def _addresses(file: Json) -> list[str]:
    """Its own address, then that of Discord's copy."""
    return [each for each in (file.get("url"), file.get("proxy_url")) if isinstance(each, str)]


def _object(parent: Json, key: str) -> Json:
    value = parent.get(key)
    return cast("Json", value) if isinstance(value, dict) else {}


def _objects(parent: Json, key: str) -> list[Json]:
    value = parent.get(key)
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Json", each) for each in items if isinstance(each, dict)]
