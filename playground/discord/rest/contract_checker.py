"""Validates requests by Discord's own API document (the part for our routes, in `playground/data`)."""

import functools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from playground.discord.json_values import Json, as_object, as_objects

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

DOCUMENT = Path(__file__).parents[2] / "data" / "discord_api.json"
SNOWFLAKE = {"anyOf": [{"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}, {"type": "integer", "minimum": 0}]}
"""A snowflake as Discord takes it: the document has string, but integers are read as such."""

LARGE = 4096  # characters of JSON: a bot's commands, which are the same at each of its starts


class ContractChecker:
    """Validates with jsonschema-rs: a development dependency, imported on first use."""

    def check_request(self, method: str, template: str, query: Mapping[str, str], body: object) -> list[str]:
        """What is wrong with a request, in words; nothing for a good one. A `body` of None is not there."""
        operation = self._operation(method, template)
        if operation is None:
            return [f"{method} {template} is not in Discord's document"]
        wrong = self._query_problems(operation, query)
        schema = _json_schema(as_object(operation.get("requestBody")))
        if schema is None or body is None:
            return wrong
        return wrong + self._problems(f"{method} {template}", schema, body)

    def check_response(self, method: str, template: str, body: object) -> list[str]:
        """What is wrong with a 200 answer."""
        operation = self._operation(method, template) or {}
        schema = _json_schema(as_object(as_object(operation.get("responses")).get("200")))
        return [] if schema is None else self._problems(f"200 {method} {template}", schema, body)

    def _operation(self, method: str, template: str) -> Json | None:
        found = as_object(as_object(_document()["paths"]).get(template)).get(method.lower())
        return as_object(found) if found else None

    def _query_problems(self, operation: Json, query: Mapping[str, str]) -> list[str]:
        wrong: list[str] = []
        for parameter in as_objects(operation.get("parameters")):
            name, schema = str(parameter["name"]), as_object(parameter.get("schema"))
            if parameter.get("in") == "query" and name in query:
                value = _typed(query[name], schema)
                wrong += self._problems(f"?{name} of {operation.get('operationId')}", schema, value)
        return wrong

    def _problems(self, name: str, schema: Json, value: object) -> list[str]:
        texts = json.dumps(schema), json.dumps(value)
        find = _find_problems if len(texts[1]) < LARGE else _find_problems_once
        return [f"{name}: {problem}" for problem in find(*texts)]


@functools.cache
def _document() -> Json:
    document: Json = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    schemas = as_object(as_object(document["components"])["schemas"])
    return {**document, "components": {"schemas": {**schemas, "SnowflakeType": SNOWFLAKE}}}


@functools.cache
def _validator(schema: str) -> "Draft202012Validator":
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator({"components": _document()["components"], "allOf": [json.loads(schema)]})


def _find_problems(schema: str, value: str) -> list[str]:
    errors = _validator(schema).iter_errors(json.loads(value))
    return [f"{_json_path(error.instance_path)}: {error.message[:300]}" for error in errors]


def _json_path(steps: Iterable[str | int]) -> str:
    """Where in a value an error is, such as `$.embeds[0].title`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


_find_problems_once = functools.lru_cache(maxsize=16)(_find_problems)


def _json_schema(content_holder: Json) -> Json | None:
    as_json = as_object(as_object(content_holder.get("content")).get("application/json"))
    return as_object(as_json.get("schema")) or None


def _typed(text: str, schema: Json) -> object:
    """A query's text as the type that its schema names."""
    if schema.get("type") == "integer" and text.isdecimal():
        return int(text)
    if schema.get("type") == "boolean":
        return {"1": True, "true": True, "0": False, "false": False}.get(text.lower(), text)
    return text
