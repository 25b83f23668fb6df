"""Applies a request's body to a message and checks Discord's limits on the result."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from playground.discord import errors
from playground.discord.cdn import clean_filename
from playground.discord.components import (
    CARDS,
    CLASSIC,
    Problem,
    Problems,
    component_problems,
    iter_components,
    numbered,
)
from playground.discord.json_values import Json, as_int, as_list, as_object, as_objects, as_text
from playground.discord.model import Attachment, Message, MessageFlag

LIMITS_OF_EMBED = {"title": 256, "description": 4096}
SETTABLE_FLAGS = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2
ATTACHMENT = "attachment://"
"""How a component or an embed names a file of its own message."""


def apply_body(message: Message, body: Json, attachments: tuple[Attachment, ...]) -> Message:
    """The message with what the body sets; what the body does not name stays. Raises InvalidForm, 50006."""
    flags = message.flags
    if "flags" in body:
        wanted = as_int(body["flags"]) & SETTABLE_FLAGS
        flags = flags & ~MessageFlag.SUPPRESS_EMBEDS | wanted  # what else is set once stays
    changed = replace(
        message,
        content=as_text(body["content"]) if "content" in body else message.content,
        embeds=tuple(_rich(embed) for embed in as_objects(body["embeds"]))
        if "embeds" in body
        else message.embeds,
        components=tuple(numbered(as_objects(body["components"])))
        if "components" in body
        else message.components,
        attachments=attachments,
        flags=flags,
    )
    check(changed)
    return changed


def check(message: Message) -> None:
    """Raise what Discord answers to a message that breaks a limit."""
    problems = {**_content_problems(message), **_embed_problems(message), **_component_problems(message)}
    if problems:
        raise errors.InvalidForm(problems)
    if not (message.content.strip() or message.embeds or message.attachments or message.components):
        raise errors.empty_message()


def too_long(limit: int) -> Problem:
    """The problem of a text or list that is longer than `limit`."""
    return "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length."


def _content_problems(message: Message) -> Problems:
    problems: Problems = {}
    if len(message.content) > 2000:
        problems["content"] = too_long(2000)
    if message.flags & MessageFlag.COMPONENTS_V2 and message.content:
        problems["content"] = _NOT_WITH_V2
    if message.flags & MessageFlag.COMPONENTS_V2 and message.embeds:
        problems["embeds"] = _NOT_WITH_V2
    if len(message.attachments) > 10:
        problems["attachments"] = too_long(10)
    return problems


_NOT_WITH_V2 = (
    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    "The field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
)


def _embed_problems(message: Message) -> Problems:
    problems: Problems = {}
    if len(message.embeds) > 10:
        problems["embeds"] = too_long(10)
    total = 0
    for index, embed in enumerate(message.embeds):
        for path, limit, text in _embed_texts(embed):
            total += len(text)
            if len(text) > limit:
                problems[f"embeds.{index}.{path}"] = too_long(limit)
        if len(as_list(embed.get("fields"))) > 25:
            problems[f"embeds.{index}.fields"] = too_long(25)
    if total > 6000:
        problems["embeds"] = ("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    return problems


def _embed_texts(embed: Json) -> Iterator[tuple[str, int, str]]:
    """Path, limit and text of each text field of an embed."""
    for key, limit in LIMITS_OF_EMBED.items():
        yield key, limit, as_text(embed.get(key))
    for index, field in enumerate(as_objects(embed.get("fields"))):
        yield f"fields.{index}.name", 256, as_text(field.get("name"))
        yield f"fields.{index}.value", 1024, as_text(field.get("value"))
    yield "footer.text", 2048, as_text(as_object(embed.get("footer")).get("text"))
    yield "author.name", 256, as_text(as_object(embed.get("author")).get("name"))


def _component_problems(message: Message) -> Problems:
    if not message.flags & MessageFlag.COMPONENTS_V2:
        too_many = {"components": too_long(5)} if len(message.components) > 5 else {}
        return component_problems(message.components, CLASSIC) | too_many
    everything = list(iter_components(message.components))
    problems = component_problems(message.components, CARDS)
    if len(everything) > 40:
        problems["components"] = ("COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "The total is limited to 40")
    if sum(len(as_text(component.get("content"))) for _, component in everything) > 4000:
        problems["components"] = ("COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "Text exceeds 4000")
    return problems | _lost_files(message, everything)


def _lost_files(message: Message, everything: Sequence[tuple[str, Json]]) -> Problems:
    """Paths that reference a file which the message does not have."""
    names = {file.filename for file in message.attachments}
    return {
        path: (
            "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
            f'The referenced attachment ("{url}") was not found',
        )
        for path, url in _media(everything)
        if url.startswith(ATTACHMENT) and clean_filename(url.removeprefix(ATTACHMENT)) not in names
    }


def _media(everything: Sequence[tuple[str, Json]]) -> Iterator[tuple[str, str]]:
    """Path and address of each picture, video and file that components show."""
    for path, component in everything:
        for slot in ("media", "file"):
            if slot in component:
                yield f"{path}.{slot}.url", as_text(as_object(component[slot]).get("url"))
        for index, item in enumerate(as_objects(component.get("items"))):
            yield f"{path}.items.{index}.media.url", as_text(as_object(item.get("media")).get("url"))


def _rich(embed: Json) -> Json:
    return {"type": "rich", **embed}


_USER_MENTION = re.compile(r"<@!?(\d+)>")


def mentions_in(
    text: str, rules: Mapping[str, object] | None, reply_author: int | None
) -> tuple[list[int], bool]:
    """Who is mentioned with a ping, and whether everybody is, under a message's `allowed_mentions`.

    Without rules everything in the text pings, and so does a reply (Discord reference, "Allowed Mentions").
    """
    parse = as_list(rules.get("parse")) if rules is not None else ("users", "roles", "everyone")
    named = {str(user) for user in as_list(rules.get("users"))} if rules is not None else set[str]()
    people = [
        int(found)
        for found in dict.fromkeys(_USER_MENTION.findall(text))
        if "users" in parse or found in named
    ]
    replied = rules is None or bool(rules.get("replied_user"))
    if reply_author is not None and replied and reply_author not in people:
        people.append(reply_author)
    return people, "everyone" in parse and bool(re.search(r"@(everyone|here)\b", text))
