"""What the widgets of subgraphs' instances hold, and with that the values of the nodes within them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from comfy.authoring.page.page_format import PageGraph, PageLink, PageNode, SubgraphSlot
from comfy.authoring.page.page_links import Value
from comfy.authoring.page.placement import PlacedGraph
from comfy.authoring.page.virtual_nodes import PRIMITIVE, first_value
from comfy.authoring.page.widget_kinds import CONTROL_VALUES, fits, of_kind
from comfy.authoring.page.widget_values import Widgets, read_widgets
from comfy.errors import BadAnswer
from comfy.protocol.json_values import is_list, is_mapping
from comfy.protocol.object_info import NodeClasses

_PREFIX = re.compile(r"^\s*\d+\s*:\s*")  # "12: seed": the widget of a node within a subgraph within


@dataclass(slots=True)
class _Instance:
    """`slots`: values by the position of the subgraph's input; `others`: by node within and widget."""

    slots: dict[int, object] = field(default_factory=dict[int, object])
    others: dict[tuple[str, str], object] = field(default_factory=dict[tuple[str, str], object])


class PageValues:
    """Reads the values of a page's nodes, where an instance's value wins over that of the node within."""

    def __init__(self, node_classes: NodeClasses) -> None:
        self._classes = node_classes
        self._instances: dict[tuple[str, ...], _Instance] = {}
        self._widgets: dict[int, Widgets] = {}  # by the node itself, which several instances share
        self.defaults: dict[str, tuple[str, ...]] = {}

    def of_node(self, scope: PlacedGraph, node: PageNode) -> Mapping[str, object]:
        """The node's widget values by input. Raises BadAnswer where their order is not known."""
        widgets = self._widgets.get(id(node))
        if widgets is None:
            widgets = self._widgets[id(node)] = self._read(scope, node)
        if widgets.defaults:
            self.defaults[scope.name_of(node)] = widgets.defaults
        over = self._instance(scope).others
        return {name: over.get((node.name, name), value) for name, value in widgets.values.items()}

    def of_primitive(self, scope: PlacedGraph, node: PageNode) -> object:
        """What a primitive of the page holds, None where it holds nothing."""
        others = self._instance(scope).others
        return next((each for (name, _), each in others.items() if name == node.name), first_value(node))

    def promoted(self, scope: PlacedGraph, slot: int) -> Value | None:
        """What the instance's widget for an input holds; None leaves the node within its own value.

        An input that feeds several gives all of them the value of the first widget among them.
        """
        slots = self._instance(scope).slots
        if slot in slots:
            return Value(value=slots[slot])
        first = next(_widget_targets(scope, slot), None)
        if first is None:
            return None
        alone = len(list(_links_from(scope.graph, slot))) == 1 and first[0].name not in scope.instances
        return None if alone else self._own_value(scope, first)

    def _own_value(self, scope: PlacedGraph, target: tuple[PageNode, str]) -> Value | None:
        node, name = target
        inner = scope.instances.get(node.name)
        if inner is not None:
            number = _slot_named(inner, name)
            if number is None:
                return None
            first = next(_widget_targets(inner, number), None)
            return self.promoted(inner, number) or (first and self._own_value(inner, first))
        values = self.of_node(scope, node)
        return Value(value=values[name]) if name in values else None

    def _read(self, scope: PlacedGraph, node: PageNode) -> Widgets:
        node_class = self._classes.get(node.kind)
        widgets = read_widgets(node, node_class)
        if widgets is not None:
            return widgets
        if node_class is not None and node_class.partner:
            raise BadAnswer(
                reason=f"node {scope.name_of(node)} ({node.kind}) sends its inputs to another company, which"
                " charges for it; such partner nodes are only read with a server that has them, or from"
                " a file in API format"
            )
        pack = (
            pack_of(node)
            or (node_class and (node_class.pack or "ComfyUI"))
            or "a pack that the file does not name"
        )
        why = "its values fit no version that is known" if node_class else "nothing says which value is which"
        raise BadAnswer(
            reason=f"node {scope.name_of(node)} ({node.kind} of {pack}): {why};"
            " name a server that has this node, or export the file in ComfyUI with Workflow → Export (API)"
        )

    def _instance(self, scope: PlacedGraph) -> _Instance:
        found = self._instances.get(scope.path)
        if found is None:
            found = self._instances[scope.path] = self._read_instance(scope)
        return found

    def _read_instance(self, scope: PlacedGraph) -> _Instance:
        host, found = scope.host, _Instance()
        if host is None or scope.parent is None:
            return found
        slots = [number for number in range(len(scope.graph.inputs)) if any(_widget_targets(scope, number))]
        tuples, values = _tuples(host), host.values if is_list(host.values) else ()
        if tuples and values and (len(values) == len(tuples) or len(values) != len(slots)):
            _by_tuples(scope, tuples, values, found)
        elif values:
            found.slots.update(_by_slots(scope, host, slots, values))
        elif host.named is not None:
            found.slots.update(_by_names(scope, host.named))
        found.slots.update(_by_names(scope, dict(_quarantined(host))))
        for (name, widget), value in self._instance(scope.parent).others.items():
            number = _slot_named(scope, widget) if name == host.name else None
            if number is None:
                number = _slot_of(scope, None, widget) if name == host.name else None
            if number is not None:
                found.slots[number] = value
        return found


def pack_of(node: PageNode) -> str:
    """The pack that the file names for the node: a name of ComfyUI's registry, or a repository."""
    for key in ("cnr_id", "aux_id"):
        value = node.properties.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def _by_slots(
    scope: PlacedGraph, host: PageNode, slots: Sequence[int], values: Sequence[object]
) -> dict[int, object]:
    """The values belong to the subgraph's inputs that feed widgets, in their order. Raises BadAnswer."""
    if len(values) != len(slots) and host.named is not None:
        return _by_names(scope, host.named)
    inputs = scope.graph.inputs
    listed = [_slot_named(scope, each.name) for each in host.inputs if each.widget]
    others = [each for each in listed if each is not None]
    plain = [value for at, value in enumerate(values) if not _is_control(inputs, slots, values, at)]
    for order, given in ((slots, values), (slots, plain), (others, values)):
        if len(order) >= len(given) and all(
            fits(value, of_kind(inputs[number].kind)) for number, value in zip(order, given, strict=False)
        ):
            return {number: each for number, each in zip(order, given, strict=False) if each is not None}
    raise BadAnswer(
        reason=f'node {":".join(scope.path)} (subgraph "{scope.graph.title}"): its values do not fit it;'
        " export the file in ComfyUI with Workflow → Export (API)"
    )


def _is_control(
    inputs: Sequence[SubgraphSlot], slots: Sequence[int], values: Sequence[object], at: int
) -> bool:
    """Whether a value says how the number before it changes; older pages saved these, too."""
    return (
        len(values) > len(slots)
        and at > 0
        and values[at] in CONTROL_VALUES
        and isinstance(values[at - 1], int)
    )


def _by_names(scope: PlacedGraph, named: Mapping[str, object]) -> dict[int, object]:
    places = ((_slot_named(scope, name), value) for name, value in named.items())
    return {number: value for number, value in places if number is not None and value is not None}


def _by_tuples(
    scope: PlacedGraph, tuples: Sequence[tuple[str, str]], values: Sequence[object], found: _Instance
) -> None:
    """Pages of 2025 list the widgets that an instance shows, by node and name, in the order of its values."""
    for (name, widget), value in zip(tuples, values, strict=False):
        if value is None:
            continue
        number = _slot_named(scope, widget) if name == "-1" else _slot_of(scope, name, widget)
        if number is None:
            found.others[name, widget] = value
        else:
            found.slots[number] = value


def _tuples(host: PageNode) -> list[tuple[str, str]]:
    listed = host.properties.get("proxyWidgets")
    entries = [each for each in (listed if is_list(listed) else ()) if is_list(each) and len(each) >= 2]
    return [(str(each[0]), _PREFIX.sub("", str(each[1]))) for each in entries]


def _quarantined(host: PageNode) -> Iterator[tuple[str, object]]:
    """Values by input that the page kept aside while it changed an older file's form."""
    listed = host.properties.get("proxyWidgetErrorQuarantine")
    for entry in reversed(listed if is_list(listed) else []):
        original = entry.get("originalEntry") if is_mapping(entry) else None
        if is_mapping(entry) and is_list(original) and len(original) >= 2 and original[0] == "-1":
            yield str(original[1]), entry.get("hostValue")


def _slot_named(scope: PlacedGraph, name: str) -> int | None:
    return next((number for number, each in enumerate(scope.graph.inputs) if each.name == name), None)


def _slot_of(scope: PlacedGraph, node: str | None, widget: str) -> int | None:
    """The subgraph's input that feeds this widget of a node, None for any node."""
    return next(
        (
            number
            for number in range(len(scope.graph.inputs))
            for target, name in _widget_targets(scope, number)
            if name == widget and node in (None, target.name)
        ),
        None,
    )


def _links_from(graph: PageGraph, slot: int) -> Iterator[tuple[int, PageLink]]:
    """The links from a subgraph's input, first those that it tells itself."""
    for number in dict.fromkeys(
        (*graph.inputs[slot].links, *graph.links_by_source.get(graph.input_node, ()))
    ):
        link = graph.links.get(number)
        if link is not None and link.source == graph.input_node and link.source_slot == slot:
            yield number, link


def _widget_targets(scope: PlacedGraph, slot: int) -> Iterator[tuple[PageNode, str]]:
    """The widgets that the subgraph's input feeds, each a node within and the widget's name."""
    for number, link in _links_from(scope.graph, slot):
        node = scope.graph.nodes.get(link.target)
        target = next((each for each in node.inputs if each.link == number), None) if node else None
        if node is None or target is None or node.kind == PRIMITIVE:
            continue
        inner = scope.instances.get(node.name)
        within = _slot_named(inner, target.name) if inner else None
        if inner is None and target.widget:
            yield node, target.widget
        elif inner and within is not None and any(_widget_targets(inner, within)):
            yield node, target.name
