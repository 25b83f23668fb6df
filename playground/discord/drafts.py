"""What a message may be made of: applying a request's body to one, and Discord's limits on the result."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from playground.discord import errors
from playground.discord.model import Attachment, Message, MessageFlag
from playground.discord.wire import Json, as_int, as_list, as_object, as_objects, as_text

ACTION_ROW, BUTTON, TEXT_INPUT, LABEL = 1, 2, 4, 18
LIMITS_OF_EMBED = {"title": 256, "description": 4096}
SETTABLE_FLAGS = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2

Problems = dict[str, tuple[str, str]]


def apply_body(message: Message, body: Json, attachments: tuple[Attachment, ...]) -> Message:
    """The message with what the body sets; what the body does not name stays. Raises InvalidForm, 50006."""
    flags = message.flags
    if "flags" in body:
        flags = flags & ~SETTABLE_FLAGS | as_int(body["flags"]) & SETTABLE_FLAGS
    changed = replace(
        message,
        content=as_text(body["content"]) if "content" in body else message.content,
        embeds=tuple(_rich(embed) for embed in as_objects(body["embeds"]))
        if "embeds" in body
        else message.embeds,
        components=tuple(_numbered(as_objects(body["components"])))
        if "components" in body
        else message.components,
        attachments=attachments,
        flags=flags,
    )
    check(changed)
    return changed


def check(message: Message) -> None:
    """Raise what Discord answers to a message that breaks a limit."""
    problems = {**_content_problems(message), **_embed_problems(message), **component_problems(message)}
    if problems:
        raise errors.InvalidForm(problems)
    if not (message.content.strip() or message.embeds or message.attachments or message.components):
        raise errors.empty_message()


def _too_long(limit: int) -> tuple[str, str]:
    return "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length."


def _content_problems(message: Message) -> Problems:
    problems: Problems = {}
    if len(message.content) > 2000:
        problems["content"] = _too_long(2000)
    if message.flags & MessageFlag.COMPONENTS_V2 and message.content:
        problems["content"] = _NOT_WITH_V2
    if message.flags & MessageFlag.COMPONENTS_V2 and message.embeds:
        problems["embeds"] = _NOT_WITH_V2
    if len(message.attachments) > 10:
        problems["attachments"] = _too_long(10)
    return problems


_NOT_WITH_V2 = (
    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    "The field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
)


def _embed_problems(message: Message) -> Problems:
    problems: Problems = {}
    if len(message.embeds) > 10:
        problems["embeds"] = _too_long(10)
    total = 0
    for index, embed in enumerate(message.embeds):
        for path, limit, text in _embed_texts(embed):
            total += len(text)
            if len(text) > limit:
                problems[f"embeds.{index}.{path}"] = _too_long(limit)
        if len(as_list(embed.get("fields"))) > 25:
            problems[f"embeds.{index}.fields"] = _too_long(25)
    if total > 6000:
        problems["embeds"] = ("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    return problems


def _embed_texts(embed: Json) -> Iterator[tuple[str, int, str]]:
    """Path, limit and text of each place in an embed that holds words."""
    for key, limit in LIMITS_OF_EMBED.items():
        yield key, limit, as_text(embed.get(key))
    for index, field in enumerate(as_objects(embed.get("fields"))):
        yield f"fields.{index}.name", 256, as_text(field.get("name"))
        yield f"fields.{index}.value", 1024, as_text(field.get("value"))
    yield "footer.text", 2048, as_text(as_object(embed.get("footer")).get("text"))
    yield "author.name", 256, as_text(as_object(embed.get("author")).get("name"))


def walk(components: Sequence[Json], path: str = "components") -> Iterator[tuple[str, Json]]:
    """Each component with its path, also those within others."""
    for index, component in enumerate(components):
        here = f"{path}.{index}"
        yield here, component
        yield from walk(as_objects(component.get("components")), f"{here}.components")
        for single in ("accessory", "component"):
            if inner := as_object(component.get(single)):
                yield f"{here}.{single}", inner


def component_problems(message: Message) -> Problems:
    everything = list(walk(message.components))
    problems: Problems = {}
    for path, component in everything:
        problems |= {f"{path}.{key}": problem for key, problem in _component_problems(component).items()}
    problems |= _repeated_ids(everything)
    is_v2 = bool(message.flags & MessageFlag.COMPONENTS_V2)
    return problems | (_v2_problems(everything) if is_v2 else _classic_problems(message.components))


def _component_problems(component: Json) -> Problems:
    problems: Problems = {}
    custom_id = component.get("custom_id")
    if isinstance(custom_id, str) and not 1 <= len(custom_id) <= 100:
        problems["custom_id"] = ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    if len(as_text(component.get("label"))) > 80 and component.get("type") == BUTTON:
        problems["label"] = _too_long(80)
    if component.get("type") == ACTION_ROW and not 1 <= len(as_list(component.get("components"))) <= 5:
        problems["components"] = ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    if len(as_list(component.get("options"))) > 25:
        problems["options"] = _too_long(25)
    return problems


def _repeated_ids(everything: Sequence[tuple[str, Json]]) -> Problems:
    seen: set[object] = set()
    problems: Problems = {}
    for path, component in everything:
        custom_id = component.get("custom_id")
        if custom_id is not None and custom_id in seen:
            problems[f"{path}.custom_id"] = (
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            )
        seen.add(custom_id)
    return problems


def _v2_problems(everything: Sequence[tuple[str, Json]]) -> Problems:
    problems: Problems = {}
    if len(everything) > 40:
        problems["components"] = ("COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "The total is limited to 40")
    if sum(len(as_text(component.get("content"))) for _, component in everything) > 4000:
        problems["components"] = ("COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "Text exceeds 4000")
    return problems


def _classic_problems(components: Sequence[Json]) -> Problems:
    if len(components) > 5:
        return {"components": _too_long(5)}
    return {
        f"components.{index}.type": ("UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')
        for index, component in enumerate(components)
        if component.get("type") != ACTION_ROW
    }


def _rich(embed: Json) -> Json:
    return {"type": "rich", **embed}


def _numbered(components: Sequence[Json]) -> list[Json]:
    """The components as Discord gives them back: each with an id, counted from 1 in reading order."""
    count = 0

    def number(component: Json) -> Json:
        nonlocal count
        count += 1
        numbered: dict[str, object] = {"id": count, **component}
        if "components" in component:
            numbered["components"] = [number(inner) for inner in as_objects(component["components"])]
        for single in ("accessory", "component"):
            if single in component:
                numbered[single] = number(as_object(component[single]))
        return numbered

    return [number(component) for component in components]


_USER_MENTION = re.compile(r"<@!?(\d+)>")


def heard_by(
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
