"""Makes node classes accept what a graph holds, as the versions that it was made with did."""

from collections.abc import Iterator, Mapping, Sequence

from playground.comfyui.graph import Graph, Json, Node, parse_graph, parse_link, parse_list, parse_object
from playground.comfyui.node_inputs import choices_of, with_choices

_NUMBERS: Mapping[str, type[int] | type[float]] = {"INT": int, "FLOAT": float}


def fit_classes(classes: dict[str, Json], wire: Json) -> None:
    """Change `classes` so that the graph is valid: every file and choice is offered, nothing is missing."""
    graph = parse_graph(wire)
    for node in graph.values():
        known = classes.get(node.kind) or _invent(node, graph, classes)
        sections = _fit_sections(parse_object(known.get("input")), node.inputs, "")
        classes[node.kind] = {**known, "input": sections}


def _fit_sections(sections: Json, live: Json, prefix: str) -> Json:
    required = dict(parse_object(sections.get("required")))
    optional = dict(parse_object(sections.get("optional")))
    for name, spec in list(required.items()):
        if prefix + name not in live and parse_list(spec)[0] != "COMFY_AUTOGROW_V3":
            optional[name] = required.pop(name)
    fitted = {"required": required, "optional": optional}
    for section in fitted.values():
        for name, spec in section.items():
            section[name] = _fit_input(parse_list(spec), live, prefix + name)
    return {**sections, **fitted}


def _fit_input(spec: Sequence[object], live: Json, name: str) -> Sequence[object]:
    value = live.get(name)
    if spec[0] == "COMFY_DYNAMICCOMBO_V3":
        return _fit_choice(spec, live, name)
    if value is None or parse_link(value):
        return spec
    choices = choices_of(spec)
    if choices is not None:
        return spec if value in choices else with_choices(spec, [*choices, value])
    return _fit_range(spec, value) if _converts(value, str(spec[0])) else ["*"]


def _fit_range(spec: Sequence[object], value: object) -> Sequence[object]:
    settings = parse_object(spec[1] if len(spec) > 1 else None)
    least, most = settings.get("min"), settings.get("max")
    if not isinstance(value, int | float):
        return spec
    if isinstance(least, int | float) and value < least:
        return [spec[0], {**settings, "min": value}]
    if isinstance(most, int | float) and value > most:
        return [spec[0], {**settings, "max": value}]
    return spec


def _fit_choice(spec: Sequence[object], live: Json, name: str) -> Sequence[object]:
    settings = parse_object(spec[1])
    options = [
        {**option, "inputs": _fit_sections(parse_object(option.get("inputs")), live, f"{name}.")}
        if option.get("key") == live.get(name)
        else option
        for option in map(parse_object, parse_list(settings.get("options")))
    ]
    return [spec[0], {**settings, "options": options}]


def _converts(value: object, kind: str) -> bool:
    try:
        _NUMBERS.get(kind, str)(str(value))
    except ValueError:
        return False
    return True


def _invent(node: Node, graph: Graph, classes: Mapping[str, Json]) -> Json:
    """A class with the node's inputs, whose outputs have the types that are wanted of them."""
    wanted = dict(_wanted(node, graph, classes))
    outputs = [wanted.get(slot, "*") for slot in range(max(wanted, default=-1) + 1)]
    inputs = {name: [_type_of(value, graph, classes)] for name, value in node.inputs.items()}
    return {
        "input": {"required": inputs},
        "output": outputs,
        "output_node": not outputs,
        "name": node.kind,
        "category": "",
    }


def _wanted(node: Node, graph: Graph, classes: Mapping[str, Json]) -> Iterator[tuple[int, str]]:
    for other in graph.values():
        sections = parse_object(classes.get(other.kind, {}).get("input"))
        specs = {**parse_object(sections.get("required")), **parse_object(sections.get("optional"))}
        for name, link in other.links():
            kind = (parse_list(specs.get(name)) or ["*"])[0]
            if link.node == node.id:
                yield link.slot, kind if isinstance(kind, str) else "*"


def _type_of(value: object, graph: Graph, classes: Mapping[str, Json]) -> str:
    if link := parse_link(value):
        source = graph[link.node].kind
        outputs = parse_list(classes.get(source, {}).get("output"))
        return str(outputs[link.slot]) if link.slot < len(outputs) else "*"
    names = {"bool": "BOOLEAN", "int": "INT", "float": "FLOAT"}
    return names.get(type(value).__name__, "STRING")
