"""Cuts Discord's API document down to the routes that the playground serves: see README.md here."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playground.discord.json_values import as_list, as_object, as_text
from playground.discord.rest.api import ROUTES
from playground.discord.rest.contract_checker import DOCUMENT

KEPT_PARTS = ("operationId", "parameters", "requestBody", "responses")
SCHEMAS = "#/components/schemas/"


def cut(document: dict[str, Any]) -> dict[str, Any]:
    """The operations of our routes with the schemas that they reach."""
    paths: dict[str, Any] = {}
    for route in ROUTES:
        operation = document["paths"][route.template][route.method.lower()]
        paths.setdefault(route.template, {})[route.method.lower()] = _json_only(operation)
    schemas = document["components"]["schemas"]
    names: set[str] = set()
    coming = list(_references(paths))
    while coming:
        name = coming.pop()
        if name not in names:
            names.add(name)
            coming += _references(schemas[name])
    kept = {name: schemas[name] for name in sorted(names)}
    return {"info": document["info"], "paths": paths, "components": {"schemas": kept}}


def _json_only(operation: dict[str, Any]) -> dict[str, Any]:
    kept = {key: operation[key] for key in KEPT_PARTS if key in operation}
    kept["responses"] = {"200": kept["responses"]["200"]} if "200" in kept["responses"] else {}
    for holder in (kept.get("requestBody"), kept["responses"].get("200")):
        if holder and "content" in holder:
            holder["content"] = {"application/json": holder["content"]["application/json"]}
            holder.pop("headers", None)
    return kept


def _references(value: object) -> Iterator[str]:
    for name, inner in as_object(value).items():
        if name == "$ref":
            yield as_text(inner).removeprefix(SCHEMAS)
        yield from _references(inner)
    for inner in as_list(value):
        yield from _references(inner)


if __name__ == "__main__":
    whole = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    DOCUMENT.write_text(json.dumps(cut(whole), separators=(",", ":")) + "\n", encoding="utf-8")
