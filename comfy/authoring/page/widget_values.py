"""Give the widget values of a page's node, which stand there by their order, the names of their inputs."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from comfy.authoring.page.page_format import PageNode
from comfy.authoring.page.widget_kinds import (
    CONTROL_VALUES,
    DYNAMIC,
    fits,
    is_beside,
    is_harmless,
    is_widget,
    may_be_widget,
    of_kind,
)
from comfy.protocol.json_values import is_list, is_mapping
from comfy.protocol.object_info import InputSpec, NodeClass

# Widgets of earlier versions, and behind which widget they stood.
_REMOVED = {("ImageResizeKJ", "width_input"): "divisible_by"}
_OPEN_ENDED = frozenset({"CustomCombo"})  # the page adds as many widgets to it as somebody wants


@dataclass(frozen=True, slots=True, kw_only=True)
class Widgets:
    """The values by input. `defaults`: the inputs among them that the file has no value for."""

    values: Mapping[str, object]
    defaults: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    """What was read so far, and what was missing at the end of the values."""

    values: dict[str, object] = field(default_factory=dict[str, object])
    missing: dict[str, InputSpec] = field(default_factory=dict[str, InputSpec])
    rest: Sequence[object] = ()


def read_widgets(node: PageNode, node_class: NodeClass | None) -> Widgets | None:
    """The node's values by input; None where neither the class nor the file itself gives their order."""
    if is_mapping(node.values):
        return _read_mapping(node.values, node_class)
    if node.values is not None and not is_list(node.values):
        return None
    values = node.values or ()
    if node_class is None and not values:
        return Widgets(values={})
    if any(_is_lora(each) for each in values):
        return _read_loras(values)
    by_class = _by_class(node, node_class, values)
    reading = _by_names(node, values) or (by_class if by_class and not by_class.missing else None)
    reading = reading or _by_inputs(node, node_class, values)
    if reading is not None:
        reading.missing = _lacking(node_class, reading.values) if node_class else {}
        return _complete(reading, node_class)
    return None if by_class is None or _contradicts(node, by_class) else _complete(by_class, node_class)


def _is_lora(value: object) -> bool:
    return is_mapping(value) and "lora" in value


def _read_loras(values: Sequence[object]) -> Widgets:
    """A loader with flexible inputs: the page numbers its rows, and saves each as an object."""
    loras = [each for each in values if _is_lora(each)]
    return Widgets(values={f"lora_{number}": each for number, each in enumerate(loras, 1)})


def _only_shows(node_class: NodeClass, values: Sequence[object]) -> bool:
    """Whether a node without widgets keeps what it showed in its last run."""
    return node_class.output or all(isinstance(each, str | None) for each in values)


def _complete(reading: _Reading, node_class: NodeClass | None) -> Widgets:
    """Fill in the defaults of what the file has no value for; without one, it is left to the server."""
    specs = dict(_expand(node_class, reading.values)) if node_class else {}
    empty = [name for name, value in reading.values.items() if value is None]
    lacking = {name: specs[name] for name in empty if name in specs} | reading.missing
    defaults = {name: spec.default for name, spec in lacking.items() if spec.default is not None}
    kept = {name: value for name, value in reading.values.items() if value is not None}
    return Widgets(values=kept | defaults, defaults=(*empty, *reading.missing))


def _read_mapping(values: Mapping[str, object], node_class: NodeClass | None) -> Widgets:
    """VideoHelperSuite saves an object, with what the page shows beside its inputs."""
    if node_class is None:
        return Widgets(values={name: each for name, each in values.items() if not is_beside(name)})
    known = {name: values[name] for name, _ in _expand(node_class, values) if name in values}
    lacking = _lacking(node_class, values)
    return _complete(_Reading(values=known, missing=lacking), node_class)


def _expand(node_class: NodeClass, values: Mapping[str, object]) -> Iterator[tuple[str, InputSpec]]:
    """The class's widgets, with those that the chosen entries bring."""
    pending = deque(_widgets(node_class.inputs))
    while pending:
        name, spec = pending.popleft()
        yield name, spec
        brought = spec.brings.get(str(values.get(name, spec.default)), {})
        pending.extendleft(
            reversed([each for each in brought.items() if is_widget(each[1]) or not each[1].kind])
        )


def _lacking(node_class: NodeClass, values: Mapping[str, object]) -> dict[str, InputSpec]:
    """The class's widgets that the values do not name, but for those that the node fills in itself."""
    return {name: spec for name, spec in _expand(node_class, values) if name not in values and spec.kind}


def _widgets(inputs: Mapping[str, InputSpec]) -> list[tuple[str, InputSpec]]:
    return [(name, spec) for name, spec in inputs.items() if is_widget(spec)]


def _by_names(node: PageNode, values: Sequence[object]) -> _Reading | None:
    """By the names that newer pages save beside the values, where both agree.

    Two widgets of one name, which controls may be, are there only once.
    """
    if node.named is None:
        return None
    named = {name: each for name, each in node.named.items() if not is_beside(name)}
    if list(node.named.values()) == list(values):
        return _Reading(values=named)
    reading = _walk([(name, of_kind("")) for name in named], values, certain=False)
    agrees = reading and reading.values == named and _is_harmless(reading.rest)
    return reading if agrees else None


def _by_inputs(node: PageNode, node_class: NodeClass | None, values: Sequence[object]) -> _Reading | None:
    """By the widgets that the file names among the node's inputs, if they account for all the values.

    In the class's order, where it has them all: older pages list them as somebody made inputs of them.
    """
    specs = [(each.widget, of_kind(each.kind)) for each in node.inputs if each.widget]
    order = list(node_class.inputs) if node_class else []
    if all(name in order for name, _ in specs):
        specs.sort(key=lambda each: order.index(each[0]))
    reading = _walk(specs, values, certain=False) if specs else None
    return reading if reading and not reading.missing and not reading.rest else None


def _by_class(node: PageNode, node_class: NodeClass | None, values: Sequence[object]) -> _Reading | None:
    """By the widgets of the class; then with those that are sockets by now, but widgets in the file."""
    if node_class is None or (node_class.partner and not node_class.inputs):
        return None
    named = {each.widget for each in node.inputs if each.widget}
    widgets = _widgets(node_class.inputs)
    earlier = [
        (name, spec)
        for name, spec in node_class.inputs.items()
        if is_widget(spec) or (name in named and may_be_widget(spec))
    ]
    readings = (_walk(each, values, certain=True) for each in (widgets, earlier))
    open_ended = node.kind in _OPEN_ENDED or (not widgets and _only_shows(node_class, values))
    fitting = (each for each in readings if each and (open_ended or _is_harmless(each.rest)))
    return next(fitting, None) or _with_removed(node, node_class, values)


def _with_removed(node: PageNode, node_class: NodeClass, values: Sequence[object]) -> _Reading | None:
    """By the class, with widgets that only the file names: where no more than one place fits them."""
    inputs = node_class.inputs
    removed = [(each.widget, of_kind(each.kind)) for each in node.inputs if each.widget not in ("", *inputs)]
    widgets = _widgets(inputs)
    if not removed:
        return None
    before = _REMOVED.get((node.kind, removed[0][0]))
    known = next((at for at, (name, _) in enumerate(widgets, 1) if name == before), None)
    positions = range(len(widgets) + 1) if known is None else (known,)
    places = (_walk([*widgets[:at], *removed, *widgets[at:]], values, certain=True) for at in positions)
    fitting = [each for each in places if each and not each.missing and _is_harmless(each.rest)]
    return fitting[0] if fitting and all(each.values == fitting[0].values for each in fitting) else None


def _contradicts(node: PageNode, reading: _Reading) -> bool:
    """Whether the file names widgets that the class lacks, and the class some without a value."""
    names = {each.widget for each in node.inputs if each.widget}
    return bool(reading.missing) and not names <= reading.values.keys() | reading.missing.keys()


def _walk(
    widgets: Sequence[tuple[str, InputSpec]], values: Sequence[object], *, certain: bool
) -> _Reading | None:
    """Hand out the values in order; None where one does not fit. `certain`: the widgets are the class's."""
    pending, left, reading = deque(widgets), deque(values), _Reading()
    uploads = False
    while pending:
        name, spec = pending.popleft()
        if uploads and not spec.required and left and left[0] == "image":
            left.popleft()  # the button of an upload stands behind the required inputs
            uploads = False
        if not left:
            reading.missing[name] = spec
            value = spec.default
        else:
            value = left.popleft()
            if value == "" and not left and not fits(value, spec):
                value = None  # a widget that was new when the page saved it
            if not fits(value, spec):
                return None
            reading.values[name] = value
            _skip_control(spec, left, pending, certain=certain)
        uploads = uploads or spec.uploads
        if spec.kind == DYNAMIC and certain:
            if str(value) not in spec.brings:
                return None
            pending.extendleft(reversed(_widgets(spec.brings[str(value)])))
    reading.rest = tuple(left)
    return reading


def _skip_control(
    spec: InputSpec, left: deque[object], pending: deque[tuple[str, InputSpec]], *, certain: bool
) -> None:
    """Skip the value that says how the one before changes after each run, and a dropdown's filter for it."""
    if not left or not (left[0] in CONTROL_VALUES or _is_first_control(spec, left[0], pending)):
        return
    if certain and not spec.controlled and (spec.kind != "INT" or _fits_next(left[0], pending)):
        return
    if not certain and len(left) <= len(pending):
        return
    left.popleft()
    if spec.kind == "COMBO" and left and not left[0] and not _fits_next(left[0], pending):
        left.popleft()


def _is_first_control(spec: InputSpec, value: object, pending: deque[tuple[str, InputSpec]]) -> bool:
    """Whether it is the control of the first pages of 2023: whether the seed is drawn anew."""
    return spec.controlled and isinstance(value, bool) and not _fits_next(value, pending)


def _fits_next(value: object, pending: deque[tuple[str, InputSpec]]) -> bool:
    return bool(pending) and fits(value, pending[0][1])


def _is_harmless(rest: Sequence[object]) -> bool:
    return all(map(is_harmless, rest))
