"""Validates POST /prompt; refuses with the recorded errors (recordings 03 and 20)."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from playground.comfyui.errors import Refused
from playground.comfyui.folders import Folders
from playground.comfyui.graph import Graph, Json, Link, Node, parse_graph, parse_object
from playground.comfyui.object_info import Input, NodeClasses

_CONVERTERS: Mapping[str, Callable[[object], object]] = {
    "INT": lambda value: int(cast("str", value)),
    "FLOAT": lambda value: float(cast("str", value)),
    "STRING": str,
    "BOOLEAN": bool,
}
_LONGEST_LIST_SHOWN = 20
_TRACEBACK = (
    'File "/srv/comfyui/execution.py", line 955, in validate_inputs',
    'File "/srv/comfyui/execution.py", line 933, in validate_inputs',
)


@dataclass(slots=True, kw_only=True)
class NodeErrors:
    """The errors of one node, in the form of `node_errors`."""

    kind: str
    errors: list[Json] = field(default_factory=list[Json])
    dependents: list[str] = field(default_factory=list[str])

    def as_entry(self) -> Json:
        """The value under the node's id."""
        return {"errors": self.errors, "dependent_outputs": self.dependents, "class_type": self.kind}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationResult:
    """An accepted graph: the outputs that can run, and the errors of those that cannot."""

    outputs: tuple[str, ...]
    node_errors: Json


def check_prompt_id(prompt_id: object) -> str:
    """A canonical lowercase UUID, or Refused 400 as 0.33 answers."""
    try:
        canonical = str(uuid.UUID(str(prompt_id)))
    except ValueError:
        canonical = ""
    if canonical == prompt_id:
        return canonical
    message = "prompt_id must be a valid UUID"
    details = "prompt_id must be a UUID string in canonical lowercase hyphenated form; "
    details += "omit it to let the server generate one"
    raise refusal("invalid_prompt_id", message, details)


def refusal(
    kind: str, message: str, details: str, extra: Json | None = None, nodes: Json | None = None
) -> Refused:
    """The 400 with its recorded body."""
    error = {"type": kind, "message": message, "details": details, "extra_info": extra or {}}
    return Refused(400, {"error": error, "node_errors": nodes or {}})


def validate(wire: Json, node_classes: NodeClasses, folders: Folders) -> ValidationResult:
    """Check every node that an output needs. Refused 400 if no output is left."""
    for node_id, entry in wire.items():
        _check_class(node_id, parse_object(entry), node_classes)
    graph = parse_graph(wire)
    outputs = [node.id for node in graph.values() if node_classes.is_output(node.kind)]
    if not outputs:
        raise refusal("prompt_no_outputs", "Prompt has no outputs", "")
    inspection = _Validator(graph, node_classes, folders)
    sound = tuple(output for output in outputs if inspection.passes(output))
    node_errors = {node_id: found.as_entry() for node_id, found in inspection.found.items()}
    if not sound:
        details = inspection.details(outputs)
        message = "Prompt outputs failed validation"
        raise refusal("prompt_outputs_failed_validation", message, details, nodes=node_errors)
    return ValidationResult(outputs=sound, node_errors=node_errors)


def _check_class(node_id: str, entry: Json, node_classes: NodeClasses) -> None:
    kind = entry.get("class_type")
    if kind is None:
        message = f"Node 'ID #{node_id}' has no class_type. "
        message += "The workflow may be corrupted or a custom node is missing."
    elif node_classes.knows(str(kind)):
        return
    else:
        message = f"Node '{kind}' not found. The custom node may not be installed."
    title = parse_object(entry.get("_meta")).get("title", kind)
    extra = {"node_id": node_id, "class_type": kind, "node_title": title}
    raise refusal("missing_node_type", message, f"Node ID '#{node_id}'", extra)


class _Validator:
    """Validates a graph from each output back to its sources; collects errors by node."""

    def __init__(self, graph: Graph, node_classes: NodeClasses, folders: Folders) -> None:
        self.found: dict[str, NodeErrors] = {}
        self._graph = graph
        self._node_classes = node_classes
        self._folders = folders
        self._sound: dict[str, bool] = {}

    def passes(self, output: str) -> bool:
        """Whether an output can run; what keeps it from running is in `found`."""
        if self._visit_output(output):
            return True
        for node_id in self._before(output):
            if node_id in self.found:
                self.found[node_id].dependents.append(output)
        return False

    def details(self, outputs: Sequence[str]) -> str:
        """The summary; it names only errors of the outputs themselves."""
        errors = [error for output in outputs if output in self.found for error in self.found[output].errors]
        return "\n".join(f"{error['message']}: {error['details']}" for error in errors)

    def _before(self, node_id: str) -> set[str]:
        if node_id not in self._graph:
            return set()
        links = self._graph[node_id].links()
        return {node_id}.union(*(self._before(link.node) for _, link in links))

    def _visit_output(self, output: str) -> bool:
        try:
            return self._visit(output)
        except LookupError as err:
            extra = {"exception_type": type(err).__name__, "traceback": list(_TRACEBACK)}
            title = "Exception when validating node"
            return self._report(self._graph[output], "exception_during_validation", title, str(err), extra)

    def _visit(self, node_id: str) -> bool:
        """Raises LookupError if a link leads to nothing; whoever follows a link here reports that."""
        if node_id not in self._sound:
            node = self._graph[node_id]
            results = [
                self._visit_input(node, spec) for spec in self._node_classes.inputs(node.kind, node.inputs)
            ]
            self._sound[node_id] = all(results)
        return self._sound[node_id]

    def _visit_input(self, node: Node, spec: Input) -> bool:
        if spec.name not in node.inputs:
            if spec.required:
                title, extra = "Required input is missing", {"input_name": spec.name}
                self._report(node, "required_input_missing", title, spec.name, extra)
            return not spec.required
        links = dict(node.links())
        if link := links.get(spec.name):
            return self._visit_link(node, spec, link)
        return self._check_value(node, spec, node.inputs[spec.name])

    def _visit_link(self, node: Node, spec: Input, link: Link) -> bool:
        source = self._graph[link.node]
        given = self._node_classes.output_types(source.kind)[link.slot]
        if not spec.takes(given):
            details = f"{spec.name}, received_type({given}) mismatch input_type({spec.type_name})"
            extra = {**_about(spec), "received_type": given, "linked_node": list(link)}
            title = "Return type mismatch between linked nodes"
            return self._report(node, "return_type_mismatch", title, details, extra)
        try:
            return self._visit(link.node)
        except LookupError as err:
            return self._report_inner(source, spec, link, err)

    def _report_inner(self, source: Node, spec: Input, link: Link, err: LookupError) -> bool:
        extra = {
            **_about(spec),
            "exception_message": str(err),
            "exception_type": type(err).__name__,
            "traceback": list(_TRACEBACK),
            "linked_node": list(link),
        }
        title = "Exception when validating inner node"
        return self._report(source, "exception_during_inner_validation", title, str(err), extra)

    def _check_value(self, node: Node, spec: Input, value: object) -> bool:
        if spec.options.get("image_upload") is True:
            return self._check_picture(node, str(value))
        if isinstance(spec.kind, tuple):
            return value in spec.kind or self._report_choice(node, spec, value)
        if (convert := _CONVERTERS.get(spec.kind)) is None:
            return True
        try:
            converted = convert(value)
        except (TypeError, ValueError) as err:
            return self._report_conversion(node, spec, value, err)
        return self._check_range(node, spec, converted)

    def _check_picture(self, node: Node, name: str) -> bool:
        if self._folders.annotated(name).is_file():
            return True
        details = f"image - Invalid image file: {name}"
        title = "Custom validation failed for node"
        return self._report(node, "custom_validation_failed", title, details, {"input_name": "image"})

    def _check_range(self, node: Node, spec: Input, value: object) -> bool:
        least, most = spec.options.get("min"), spec.options.get("max")
        if not isinstance(value, int | float):
            return True
        if isinstance(least, int | float) and value < least:
            message = f"Value {value} smaller than min of {least}"
            return self._report_range(node, spec, value, "value_smaller_than_min", message)
        if isinstance(most, int | float) and value > most:
            message = f"Value {value} bigger than max of {most}"
            return self._report_range(node, spec, value, "value_bigger_than_max", message)
        return True

    def _report_range(self, node: Node, spec: Input, value: object, kind: str, message: str) -> bool:
        extra = {**_about(spec), "received_value": value}
        return self._report(node, kind, message, spec.name, extra)

    def _report_choice(self, node: Node, spec: Input, value: object) -> bool:
        choices = list(spec.kind)
        is_long = len(choices) > _LONGEST_LIST_SHOWN
        shown = f"(list of length {len(choices)})" if is_long else str(choices)
        config = None if is_long else spec.config
        extra = {"input_name": spec.name, "input_config": config, "received_value": value}
        details = f"{spec.name}: '{value}' not in {shown}"
        return self._report(node, "value_not_in_list", "Value not in list", details, extra)

    def _report_conversion(self, node: Node, spec: Input, value: object, err: Exception) -> bool:
        extra = {**_about(spec), "received_value": value, "exception_message": str(err)}
        message = f"Failed to convert an input value to a {spec.kind} value"
        details = f"{spec.name}, {value}, {err}"
        return self._report(node, "invalid_input_type", message, details, extra)

    def _report(self, node: Node, kind: str, message: str, details: str, extra: Json) -> bool:
        found = self.found.setdefault(node.id, NodeErrors(kind=node.kind))
        found.errors.append({"type": kind, "message": message, "details": details, "extra_info": extra})
        return False


def _about(spec: Input) -> Json:
    return {"input_name": spec.name, "input_config": spec.config}
