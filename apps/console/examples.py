"""Examples for the reference: beside each body and answer, made of the values of example_values.py."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from apps.console.example_values import FILES, FORMATS, MOMENTS, REFUSALS, SHAPES, UNITS, WHOLE, WORDS

CONTENT = "application/json"


def exemplify(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """Put an example beside the body an operation takes and its answers; PDF and XML have none."""
    kept = [operation.get("requestBody", {})]
    kept += [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    for one in kept:
        for kind, media in one.get("content", {}).items():
            if operation["operationId"] in FILES:
                media["example"] = FILES[operation["operationId"]]
            elif kind == CONTENT and "schema" in media:
                media["example"] = example_of(media["schema"], schemas)


def refusal_example(status: str) -> dict[str, Any]:
    """Return a refusal of that status, as a problem document."""
    code, sentence, more = REFUSALS[status]
    title = HTTPStatus(int(status)).phrase
    facts = {"type": "about:blank", "title": title, "status": int(status), "code": code, "detail": sentence}
    return {**facts, "request_id": "01a2186d54f17a3baab2c32285789ef4", **more}


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """Return a value the schema allows; `name` is the field it stands in."""
    if "$ref" in schema:
        known = schema["$ref"].rpartition("/")[2]
        if known in WHOLE:
            return WHOLE[known]
        made = example_of(schemas[known], schemas, name)
        fields = schemas[known].get("properties", {})
        own = {field: value for field, value in SHAPES.get(known, {}).items() if field in fields}
        return {field: own.get(field, made.get(field)) for field in fields if field in own or field in made}
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return example_of(schema[several][0], schemas, name)
    if "enum" in schema:
        usual = WORDS.get(name)
        return usual if usual in schema["enum"] else next(one for one in schema["enum"] if one not in ("", None))
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if name in WORDS and _fits(WORDS[name], kinds, schema):
        return WORDS[name]
    return _of_kind(kind, schema, schemas, name)


def _of_kind(kind: str, schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str) -> Any:
    if kind == "object":
        if "properties" in schema:
            fields = schema["properties"]
            asked = set(schema.get("required", fields))
            return {field: example_of(fields[field], schemas, field) for field in fields if field in asked}
        inner = schema.get("additionalProperties")
        return {"2027-01-31": example_of(inner, schemas)} if inner else {}
    if kind == "array":
        return [example_of(schema["items"], schemas, name)]
    if kind in ("integer", "number"):
        usual = next((value for ending, value in UNITS.items() if name.endswith(ending)), 1)
        return max(min(usual, schema.get("maximum", usual)), schema.get("minimum", usual))
    if kind == "boolean":
        return bool(schema.get("default", True))
    return MOMENTS.get(name) or FORMATS.get(schema.get("format", ""), "text")


def _fits(value: Any, kinds: Any, schema: Mapping[str, Any]) -> bool:
    """Return whether a usual value is of the schema's type, and its members of theirs."""
    names = {type(None): "null", bool: "boolean", str: "string", int: "integer", list: "array", dict: "object"}
    kind = names[type(value)]
    if kind not in ([kinds] if isinstance(kinds, str) else kinds):
        return False
    if value is not None and {"format", "properties"} & set(schema):
        return False
    members = value if kind == "array" else value.values() if kind == "object" else ()
    inner = schema.get("items" if kind == "array" else "additionalProperties") or {}
    wanted = inner.get("type")
    return wanted is None or all(names[type(one)] == wanted for one in members)
