"""Parse ComfyUI's page format: nodes with the values of their widgets in order, links and subgraphs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from comfy.errors import BadAnswer
from comfy.protocol.json_values import as_list, as_mapping, as_printable, is_list, is_mapping

MAX_NODES = 5_000  # of a file, its subgraphs included
MAX_LINKS = 20_000  # of each graph
MUTED, BYPASSED = 2, 4  # the values of `mode` that take a node out of a run
ANY = "*"
_LINK = ("id", "origin_id", "origin_slot", "target_id", "target_slot")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageInput:
    """An input of a node. `widget`: its widget's name, or ""; `link`: the number of its link."""

    name: str
    kind: str
    link: int | None = None
    widget: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNode:
    """A node as the page saves it. `outputs`: their types; `values`: of its widgets, a list or an object.

    `named`: the same values by name, where the file has them. `mode`: 0, or MUTED, or BYPASSED.
    """

    name: str
    kind: str
    mode: int = 0
    inputs: tuple[PageInput, ...] = ()
    outputs: tuple[str, ...] = ()
    values: object = None
    named: Mapping[str, object] | None = None
    title: str = ""
    properties: Mapping[str, object]

    @property
    def active(self) -> bool:
        """Whether it takes part in a run."""
        return self.mode not in (MUTED, BYPASSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """A link from an output to an input, each a node's name and the number of the slot."""

    source: str
    source_slot: int
    target: str
    target_slot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphSlot:
    """An input or output of a subgraph, and the links on its inner side."""

    name: str
    kind: str
    links: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageGraph:
    """A graph; a subgraph has `inputs` and `outputs`, and links to the nodes that stand for these.

    `links_by_source`: the numbers of the links from each node.
    """

    nodes: Mapping[str, PageNode]
    links: Mapping[int, PageLink]
    inputs: tuple[SubgraphSlot, ...] = ()
    outputs: tuple[SubgraphSlot, ...] = ()
    input_node: str = "-10"
    output_node: str = "-20"
    title: str = ""
    links_by_source: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """A file: its graph, subgraphs by the class of their instances, and what stands beside them."""

    graph: PageGraph
    subgraphs: Mapping[str, PageGraph]
    extra: Mapping[str, object]
    models: object


def is_page(value: Mapping[str, object]) -> bool:
    """Whether this is the page's format."""
    nodes = value.get("nodes")
    return is_list(nodes) and ("links" in value or all(is_mapping(each) and "type" in each for each in nodes))


def parse_page(value: Mapping[str, object]) -> PageFile:
    """Parse a file in the page's format. Raises BadAnswer."""
    definitions = value.get("definitions")
    subgraphs = as_list(definitions.get("subgraphs") or [], "subgraphs") if is_mapping(definitions) else ()
    graphs = [as_mapping(each, "a subgraph") for each in subgraphs]
    if sum(len(as_list(each.get("nodes"), "nodes")) for each in (value, *graphs)) > MAX_NODES:
        raise BadAnswer(reason=f"it has more than {MAX_NODES} nodes")
    extra = value.get("extra")
    return PageFile(
        graph=_parse_graph(value),
        subgraphs={str(each.get("id")): _parse_graph(each) for each in graphs},
        extra=extra if is_mapping(extra) else {},
        models=value.get("models"),
    )


def _parse_graph(value: Mapping[str, object]) -> PageGraph:
    given = value.get("links")
    if (is_list(given) or is_mapping(given)) and len(given) > MAX_LINKS:
        raise BadAnswer(reason=f"it has more than {MAX_LINKS} links")
    nodes = [_parse_node(as_mapping(each, "a node")) for each in as_list(value.get("nodes"), "nodes")]
    links = dict(_parse_links(value.get("links")))
    return PageGraph(
        nodes={node.name: node for node in nodes},
        links=links,
        inputs=tuple(_parse_slots(value.get("inputs"))),
        outputs=tuple(_parse_slots(value.get("outputs"))),
        input_node=_end_name(value.get("inputNode"), "-10"),
        output_node=_end_name(value.get("outputNode"), "-20"),
        title=as_printable(value.get("name")),
        links_by_source=_by_source(links),
    )


def _by_source(links: Mapping[int, PageLink]) -> Mapping[str, Sequence[int]]:
    numbers: dict[str, list[int]] = {}
    for number, link in links.items():
        numbers.setdefault(link.source, []).append(number)
    return numbers


def _end_name(value: object, otherwise: str) -> str:
    return str(value.get("id", otherwise)) if is_mapping(value) else otherwise


def _parse_node(node: Mapping[str, object]) -> PageNode:
    name, kind, mode = str(node.get("id")), node.get("type"), node.get("mode")
    if not isinstance(kind, str):
        raise BadAnswer(reason=f"node {as_printable(name)} has no type")
    values, named, properties = (
        node.get(key) for key in ("widgets_values", "widgets_values_named", "properties")
    )
    return PageNode(
        name=name,
        kind=kind,
        mode=mode if isinstance(mode, int) else 0,
        inputs=tuple(map(_parse_input, _mappings(node.get("inputs")))),
        outputs=tuple(_kind(each.get("type")) for each in _mappings(node.get("outputs"))),
        values=values,
        named=named if is_mapping(named) and named else None,
        title=as_printable(node.get("title")),
        properties=properties if is_mapping(properties) else {},
    )


def _parse_input(value: Mapping[str, object]) -> PageInput:
    link, widget = value.get("link"), value.get("widget")
    return PageInput(
        name=str(value.get("name")),
        kind=_kind(value.get("type")),
        link=link if isinstance(link, int) else None,
        widget=str(widget.get("name", value.get("name"))) if is_mapping(widget) else "",
    )


def _kind(value: object) -> str:
    """A slot's type: 0 and "" are any, a list is a dropdown."""
    if is_list(value):
        return "COMBO"
    return value if isinstance(value, str) and value else ANY


def _parse_slots(value: object) -> Iterator[SubgraphSlot]:
    for slot in _mappings(value):
        links = slot.get("linkIds")
        numbers = tuple(each for each in links if isinstance(each, int)) if is_list(links) else ()
        yield SubgraphSlot(name=str(slot.get("name")), kind=_kind(slot.get("type")), links=numbers)


def _parse_links(value: object) -> Iterator[tuple[int, PageLink]]:
    """Links are arrays in a file's own graph, objects in subgraphs and in the format's version 1."""
    entries = value.values() if is_mapping(value) else value if is_list(value) else ()
    for entry in entries:
        if entry is None:
            continue
        fields = [entry.get(key) for key in _LINK] if is_mapping(entry) else entry
        match fields[: len(_LINK)] if is_list(fields) else ():
            case [int(number), int() | str() as source, int(slot), int() | str() as target, int(at)]:
                yield (
                    number,
                    PageLink(source=str(source), source_slot=slot, target=str(target), target_slot=at),
                )
            case _:
                raise BadAnswer(reason="it has a link that is neither a list of five nor an object")


def _mappings(value: object) -> Iterator[Mapping[str, object]]:
    """The objects of a list; none where it is no list."""
    return (each for each in (value if is_list(value) else ()) if is_mapping(each))
