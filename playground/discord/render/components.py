"""Components as Discord gives them back: with what it knows of the pictures, videos and files in them."""

from playground.discord.cdn import clean_filename
from playground.discord.components import SELECTS, Kind
from playground.discord.json_values import Json, as_object, as_objects, as_text
from playground.discord.message_bodies import ATTACHMENT
from playground.discord.model import Attachment, Message
from playground.discord.records import Records

Data = dict[str, object]


def render_components(records: Records, message: Message) -> list[Data]:
    """The message's components as Discord returns them."""
    return [_component(records, message, each) for each in message.components]


def named_files(message: Message) -> frozenset[str]:
    """Names of the files that embeds and components show; Discord leaves those out of `attachments`."""
    holders = [*(as_object(embed.get(slot)) for embed in message.embeds for slot in ("image", "thumbnail"))]
    for component in message.components:
        holders += _media(component)
    return frozenset(_file_name(as_text(holder.get("url"))) for holder in holders) - {""}


def file_of(message: Message, url: str) -> Attachment | None:
    """The message's file that `attachment://NAME` means."""
    name = _file_name(url)
    return next((file for file in message.attachments if name and file.filename == name), None)


def _file_name(url: str) -> str:
    return clean_filename(url.removeprefix(ATTACHMENT)) if url.startswith(ATTACHMENT) else ""


def _media(component: Json) -> list[Json]:
    holders = [as_object(component.get("media")), as_object(component.get("file"))]
    holders += [as_object(item.get("media")) for item in as_objects(component.get("items"))]
    for inner in (*as_objects(component.get("components")), as_object(component.get("accessory"))):
        holders += _media(inner) if inner else []
    return holders


def _component(records: Records, message: Message, component: Json) -> Data:
    match component.get("type"):
        case Kind.SECTION:
            accessory = _component(records, message, as_object(component.get("accessory")))
            return {**component, "components": _inner(records, message, component), "accessory": accessory}
        case Kind.CONTAINER:
            given = {"accent_color": None, "spoiler": False, **component}
            return {**given, "components": _inner(records, message, component)}
        case Kind.ACTION_ROW:
            return {**component, "components": _inner(records, message, component)}
        case Kind.THUMBNAIL:
            return _item(records, message, component)
        case Kind.MEDIA_GALLERY:
            items = [_item(records, message, item) for item in as_objects(component.get("items"))]
            return {**component, "items": items}
        case Kind.FILE:
            return _file(records, message, component)
        case _:
            return _DEFAULTS.get(component.get("type"), {}) | dict(component)


_DEFAULTS: dict[object, Data] = {
    Kind.SEPARATOR: {"spacing": 1, "divider": True},
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
}


def _inner(records: Records, message: Message, component: Json) -> list[Data]:
    return [_component(records, message, each) for each in as_objects(component.get("components"))]


def _item(records: Records, message: Message, item: Json) -> Data:
    """A thumbnail or an entry of a gallery."""
    media = _unfurled(records, message, as_object(item.get("media")))
    return {"description": None, "spoiler": False, **item, "media": media}


def _file(records: Records, message: Message, component: Json) -> Data:
    shown = as_object(component.get("file"))
    file = file_of(message, as_text(shown.get("url")))
    about: Data = {"name": file and file.filename, "size": file and len(file.data)}
    return {"spoiler": False, **component, **about, "file": _unfurled(records, message, shown)}


def _unfurled(records: Records, message: Message, media: Json) -> Data:
    """An address with what stands behind it; of another site's nothing is known here."""
    url = as_text(media.get("url"))
    file = file_of(message, url)
    if file is None:
        return {"id": str(message.id), "url": url, "proxy_url": url}
    signed = records.cdn.url(file)
    about: Data = {"width": file.width, "height": file.height} if file.width else {}
    if file.content_type:
        about["content_type"] = file.content_type
    return {
        "id": str(file.id),
        "attachment_id": str(file.id),
        "url": signed,
        "proxy_url": signed,
        **about,
    }
