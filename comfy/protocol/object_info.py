"""`/object_info`: the node classes of a server, their inputs and dropdowns. Pure."""

import math
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeGuard

from comfy.errors import BadAnswer
from comfy.protocol.json_values import as_list, as_mapping, as_text, is_list, is_mapping

MODEL_SUFFIXES = (".safetensors", ".gguf", ".sft", ".ckpt", ".pth", ".pt", ".bin")
# A dropdown is a bare list, or since 2025 one of these with its list among the options.
DROPDOWN_TYPES = ("COMBO", "COMFY_DYNAMICCOMBO_V3")
_CUSTOM = "custom_nodes."
_SEEDS = ("seed", "noise_seed")  # the page takes them for controlled also where they do not say so


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """An input of a node class.

    `choices`: a dropdown's entries, None where it is no dropdown.
    `brings`: for each entry the further inputs that choosing it adds, by the names under which they are sent.
    `tooltip`: what the page shows about it. `kind`: the type of its value or link, such as INT or IMAGE.
    `least`, `most`, `step`: the limits of a number, None where it has none. `uploads`: it names a picture
    that is uploaded. `only_linked`: the page shows a socket for it, never a widget. `widget_kind`: the
    kind of its widget, where that is another than `kind`. `controlled`: the widget behind its own says how it
    changes after each run.
    """

    required: bool
    choices: tuple[str, ...] | None
    default: object
    brings: Mapping[str, "Inputs"]
    tooltip: str = ""
    kind: str = ""
    least: float | None = None
    most: float | None = None
    step: float | None = None
    uploads: bool = False
    only_linked: bool = False
    widget_kind: str = ""
    controlled: bool = False


Inputs = Mapping[str, InputSpec]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeClass:
    """A class of nodes. `deprecated`: it will be removed in a later version; `output`: its nodes are run for
    themselves, with all that they need; `outputs`: the types of what it gives; `partner`: it sends its inputs
    to another company, which charges for it; `price`: the formula of what, as ComfyUI's page computes it.
    `pack`: the folder of its node pack, "" for ComfyUI's own.
    """

    inputs: Inputs
    deprecated: bool
    output: bool = False
    outputs: tuple[str, ...] = ()
    partner: bool = False
    price: str = ""
    pack: str = ""


NodeClasses = Mapping[str, NodeClass]


def parse_object_info(answer: object, classes: Collection[str]) -> NodeClasses:
    """Parse these node classes of `/object_info`; those not installed are left out. Raises BadAnswer."""
    installed = as_mapping(answer, "object_info")
    return {name: _parse_class(as_mapping(installed[name], name)) for name in classes if name in installed}


def parse_all_classes(answer: object) -> NodeClasses:
    """Parse all of `/object_info`; a class that cannot be read, as some pack may send it, is left out.

    Raises BadAnswer.
    """
    found = dict[str, NodeClass]()
    for name, value in as_mapping(answer, "object_info").items():
        with suppress(BadAnswer):
            found[name] = _parse_class(as_mapping(value, name))
    return found


def base_name(file: str) -> str:
    """The name without its folders, which Windows servers write with backslashes."""
    return file.replace("\\", "/").rsplit("/", 1)[-1]


def is_model_file(value: object) -> TypeGuard[str]:
    """Whether an input's value names a model file."""
    return isinstance(value, str) and value.lower().endswith(MODEL_SUFFIXES)


def dropdown(node_classes: NodeClasses, class_type: str, name: str) -> tuple[str, ...]:
    """The entries of a dropdown; none for what is no dropdown."""
    spec = node_classes[class_type].inputs.get(name)
    return (spec and spec.choices) or ()


def find_choice(node_classes: NodeClasses, class_type: str, name: str, wanted: str) -> str | None:
    """The dropdown's own spelling of `wanted`: itself, else an entry with the same base name (case kept).

    Of several the one that shares most of its folders, counted from the file; then the shortest path.
    """
    choices = dropdown(node_classes, class_type, name)
    if wanted in choices:
        return wanted
    same = (choice for choice in choices if base_name(choice) == base_name(wanted))
    return min(same, key=lambda choice: _sort_key(choice, wanted), default=None)


def _sort_key(choice: str, wanted: str) -> tuple[int, int]:
    """Orders paths of one base name: first those that share the most parts at their end, then short ones."""
    parts, others = (path.replace("\\", "/").split("/") for path in (choice, wanted))
    pairs = zip(reversed(parts), reversed(others), strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return -shared, len(parts)


def _parse_class(value: Mapping[str, object]) -> NodeClass:
    inputs = _parse_inputs(as_mapping(value.get("input"), "input"))
    return NodeClass(
        inputs=inputs,
        deprecated=value.get("deprecated") is True,
        output=value.get("output_node") is True,
        outputs=_type_names(value.get("output")),
        partner=value.get("api_node") is True,
        price=_price_formula(value.get("price_badge")),
        pack=_pack(value.get("python_module")),
    )


def _pack(module: object) -> str:
    """The folder of a module `custom_nodes.FOLDER`, which may have dots and modules in it itself."""
    return module.removeprefix(_CUSTOM) if isinstance(module, str) and module.startswith(_CUSTOM) else ""


def _price_formula(badge: object) -> str:
    formula = badge.get("expr") if is_mapping(badge) else ""
    return formula if isinstance(formula, str) else ""


def _type_names(value: object) -> tuple[str, ...]:
    """The names of types; a dropdown's entries stand for COMBO."""
    return tuple(each if isinstance(each, str) else "COMBO" for each in value) if is_list(value) else ()


def _parse_inputs(groups: Mapping[str, object], prefix: str = "") -> Inputs:
    return {
        f"{prefix}{name}": _parse_input(f"{prefix}{name}", spec, required=group == "required")
        for group in ("required", "optional")
        for name, spec in as_mapping(groups.get(group, {}), group).items()
    }


def _parse_input(name: str, value: object, *, required: bool) -> InputSpec:
    match as_list(value, name):
        case [kind, options, *_]:
            return _make_input(name, kind, as_mapping(options, name), required=required)
        case [kind]:
            return _make_input(name, kind, {}, required=required)
        case _:
            raise BadAnswer(reason=f"{name}: an input without a type")


def _make_input(name: str, kind: object, options: Mapping[str, object], *, required: bool) -> InputSpec:
    listed = options.get("options") if kind in DROPDOWN_TYPES else kind
    entries = [_entry_name(each) for each in listed] if is_list(listed) else None
    return InputSpec(
        required=required,
        choices=None if entries is None else tuple(map(str, entries)),
        default=options.get("default", entries[0] if entries else None),
        brings={**_parse_formats(options), **dict(_parse_branches(name, listed))},
        tooltip=tooltip if isinstance(tooltip := options.get("tooltip"), str) else "",
        kind=kind if isinstance(kind, str) else "COMBO",
        least=_limit(options.get("min")),
        most=_limit(options.get("max")),
        step=_limit(options.get("step")),
        uploads=options.get("image_upload") is True,
        only_linked=options.get("forceInput") is True,
        widget_kind=widget if isinstance(widget := options.get("widgetType"), str) else "",
        controlled=_is_controlled(name, kind, options),
    )


def _is_controlled(name: str, kind: object, options: Mapping[str, object]) -> bool:
    told = options.get("control_after_generate")  # True, or the name of the widget
    return bool(told) if told is not None else kind == "INT" and name.rpartition(".")[2] in _SEEDS


def _limit(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _entry_name(value: object) -> object:
    return value.get("key") if is_mapping(value) else value


def _parse_formats(options: Mapping[str, object]) -> Mapping[str, Inputs]:
    """VideoHelperSuite: `{format: [[name, type, options?], …]}`. It fills in by itself those not sent."""
    return {
        choice: {as_text(as_list(widget)[0]): LEFT_TO_THE_NODE for widget in as_list(widgets) if widget}
        for choice, widgets in as_mapping(options.get("formats", {})).items()
        if not is_mapping(widgets)  # the loaders' formats are advice on frames and sizes
    }


def _parse_branches(name: str, listed: object) -> Iterator[tuple[str, Inputs]]:
    """Nodes of the third version: `[{key, inputs}, …]`; what an entry brings is sent as `NAME.INPUT`."""
    for entry in listed if is_list(listed) else ():
        if is_mapping(entry):
            branch = as_mapping(entry.get("inputs", {}), name)
            yield str(entry.get("key")), _parse_inputs(branch, f"{name}.")


LEFT_TO_THE_NODE = InputSpec(required=False, choices=None, default=None, brings={})
