"""The inputs of a node class as ComfyUI validates them: dropdowns that bring inputs, lists that grow."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from playground.comfyui.graph import Json, parse_list, parse_object

_DROPDOWN_WITH_INPUTS, _GROWING_LIST = "COMFY_DYNAMICCOMBO_V3", "COMFY_AUTOGROW_V3"
_UNCHECKED = ("*", "COMFY_MATCHTYPE_V3")
"""Types that take every link: ComfyUI leaves these to its page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a node class: `kind` is a type's name or, for a dropdown, its choices.

    `config` is the type and the options as validation errors show them: `["INT", {...}]`.
    """

    name: str
    kind: str | tuple[object, ...]
    options: Json
    required: bool
    config: Sequence[object] = ()

    @property
    def type_name(self) -> str:
        """The type as links have it."""
        return self.kind if isinstance(self.kind, str) else "COMBO"

    @property
    def is_lazy(self) -> bool:
        """Whether the node asks for this input only when it needs it."""
        return self.options.get("lazy") is True

    def takes(self, given: str) -> bool:
        """Whether an output of type `given` may be linked here: the same type, or one of several."""
        if given in _UNCHECKED or self.type_name in _UNCHECKED:
            return True
        return bool(_types(given) & _types(self.type_name))


def expand_inputs(sections: Json, live: Json, prefix: str = "") -> Iterator[Input]:
    """The inputs of `sections` (`required`, `optional`) for a node with the values `live`."""
    for section in ("required", "optional"):
        for name, spec in parse_object(sections.get(section)).items():
            yield from _expand(prefix + name, parse_list(spec), live, required=section == "required")


def choices_of(spec: Sequence[object]) -> Sequence[object] | None:
    """The choices of a dropdown, in either of the forms of object_info; None for another input."""
    if not spec:
        return None
    if not isinstance(spec[0], str):
        return parse_list(spec[0])
    return parse_list(_options(spec).get("options")) if spec[0] == "COMBO" else None


def with_choices(spec: Sequence[object], choices: Sequence[object]) -> list[object]:
    """The same dropdown with other choices."""
    if spec[0] == "COMBO":
        return ["COMBO", {**_options(spec), "options": list(choices)}]
    return [list(choices), *spec[1:]]


def spec_of(info: Json, name: str) -> Sequence[object]:
    """How a class describes one of its inputs; empty if it has none of that name."""
    sections = parse_object(info.get("input"))
    specs = (parse_object(sections.get(section)).get(name) for section in ("required", "optional"))
    return next((parse_list(spec) for spec in specs if spec), ())


def map_specs(info: Json, change: Callable[[str, Sequence[object]], Sequence[object]]) -> Json:
    """The same class, with each of its inputs as `change(name, spec)` makes it."""
    sections = {
        section: {name: change(name, parse_list(spec)) for name, spec in parse_object(specs).items()}
        if section in ("required", "optional")
        else specs
        for section, specs in parse_object(info.get("input")).items()
    }
    return {**info, "input": sections}


def _expand(name: str, spec: Sequence[object], live: Json, *, required: bool) -> Iterator[Input]:
    options = _options(spec)
    if spec[0] == _DROPDOWN_WITH_INPUTS:
        yield from _expand_choice(name, options, live)
    elif spec[0] == _GROWING_LIST:
        yield from _expand_list(name, parse_object(options.get("template")), live, required=required)
    else:
        choices = choices_of(spec)
        kind = str(spec[0]) if choices is None else tuple(choices)
        config = [spec[0], options]
        yield Input(name=name, kind=kind, options=options, required=required, config=config)


def _expand_choice(name: str, options: Json, live: Json) -> Iterator[Input]:
    """Without a value among its choices such a dropdown has no inputs at all, and is not asked for."""
    for option in map(parse_object, parse_list(options.get("options"))):
        if name in live and option.get("key") == live[name]:
            yield from expand_inputs(parse_object(option.get("inputs")), live, f"{name}.")


def _expand_list(name: str, template: Json, live: Json, *, required: bool) -> Iterator[Input]:
    spec = next(_specs(parse_object(template.get("input"))))
    least = int(str(template.get("min", 0)))
    for index, item in enumerate(_item_names(template)):
        full = f"{name}.{item}"
        if index < least or full in live:
            yield from _expand(full, spec, live, required=required and index < least)


def _item_names(template: Json) -> Sequence[str]:
    if names := parse_list(template.get("names")):
        return [str(name) for name in names]
    most = int(str(template.get("max", 100)))
    return [f"{template.get('prefix', '')}{index}" for index in range(most)]


def _specs(sections: Json) -> Iterator[Sequence[object]]:
    for section in sections.values():
        yield from map(parse_list, parse_object(section).values())


def _options(spec: Sequence[object]) -> Mapping[str, object]:
    return parse_object(spec[1]) if len(spec) > 1 else {}


def _types(names: str) -> set[str]:
    return {name.strip() for name in names.split(",")}
