"""Write the manifest of a workflow, in TOML, from what was found in its graph. Pure."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from comfy.authoring.source_graph import ModelFile
from comfy.authoring.traced import Found, Traced, TracedPreset
from comfy.graphs.nodes import NodeInputs
from comfy.printable import printable
from comfy.protocol.json_values import is_list, is_mapping

ORDER = (
    *("image", "last_image", "prompt", "negative_prompt", "seed", "steps", "split", "cfg", "shift"),
    *("denoise", "width", "height", "frames", "seconds", "fps", "prefix"),
)
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
SHORT_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
MAX_COMMENT = 100  # characters
MAX_NOTE = 500  # characters


def write_manifest(
    traced: Traced,
    *,
    title: str,
    source: str,
    models: Sequence[ModelFile] = (),
    packs: Mapping[str, str] | None = None,
) -> str:
    """The manifest of a traced graph.

    `source`: what it was made from, for its first line. `models`, `packs`: where a server gets the files and
    node classes that it may lack.
    """
    sections = (
        [*_comments([f"Made from {source}; docs/workflows.md says what can be changed."])],
        [*_head(traced, title)],
        [*_comments(traced.notes)],
        [f"{_key(key)} = {_value(value)}" for key, value in traced.rules.items()],
        [*_models(models)],
        [*_inputs(traced.found)],
        *([*_preset(name, each)] for name, each in traced.presets.items()),
        [*_packs(packs or {})],
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def ordered(names: Iterable[str]) -> list[str]:
    """Names of values in the order in which people read them, those that are not known last."""
    known = {name: place for place, name in enumerate(ORDER)}
    return sorted(names, key=lambda name: (known.get(name, len(known)), name))


def shown_value(value: object) -> str:
    """A value for people: a number without the digits that only its binary form brings."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _head(traced: Traced, title: str) -> Iterator[str]:
    yield f"output = {_text(traced.output)}  # the node that saves the clip"
    yield f"title.en = {_text(title)}"
    if traced.crf:
        yield f"crf = {_text(str(traced.crf))}  # makes a clip smaller that is too large to send"


def _models(models: Sequence[ModelFile]) -> Iterator[str]:
    if models:
        yield "models = [  # where the files come from that a server may lack"
        for each in dict.fromkeys(models):
            fields = {"name": each.name, "folder": each.folder, "url": each.url}
            yield f"    {{ {', '.join(f'{key} = {_text(text)}' for key, text in fields.items())} }},"
        yield "]"


def _inputs(found: Mapping[str, Found]) -> Iterator[str]:
    if found:
        yield "[inputs]"
    for name in ordered(found):
        each = found[name]
        yield f"{_key(name)} = {_places(each.places)}{_comment(_reason(each))}"


def _reason(found: Found) -> str:
    """How it was found, and the number that stands there: a text may be long, and somebody's own."""
    value = found.value
    is_number = isinstance(value, int | float)
    return f"{found.how}; now {shown_value(value)}" if is_number else found.how


def _preset(name: str, preset: TracedPreset) -> Iterator[str]:
    yield f"[presets.{_key(name)}]{_comment(preset.how)}"
    for value, each in preset.values.items():
        yield f"{_key(value)} = {_value(each)}"
    for place, each in preset.sets.items():
        yield f"set.{_key(str(place))} = {_value(each)}"


def _packs(packs: Mapping[str, str]) -> Iterator[str]:
    if packs:
        yield "[packs]  # node packs that ComfyUI's manager knows by these names"
    for class_type, pack in sorted(packs.items()):
        yield f"{_key(class_type)} = {_text(pack)}"


def _comments(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for line in textwrap.wrap(printable(text, MAX_NOTE), MAX_COMMENT):
            yield f"# {line}"


def _comment(text: str) -> str:
    shown = printable(text, MAX_COMMENT)
    return f"  # {shown}" if shown else ""


def _places(places: NodeInputs) -> str:
    return f"[{', '.join(_text(str(each)) for each in places)}]"


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else _text(name)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if is_mapping(value):
        return f"{{ {', '.join(f'{_key(key)} = {_value(each)}' for key, each in value.items())} }}"
    if is_list(value):
        return f"[{', '.join(map(_value, value))}]"
    return _text(str(value))


def _text(text: str) -> str:
    """A basic string: what is not shown is escaped; half a pair of UTF-16, which no file holds, is `�`."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in SHORT_ESCAPES:
        return SHORT_ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
