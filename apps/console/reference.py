"""The reference of the API: as a page for people, as JSON for programs."""

import json
import re
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

METHODS = ("get", "post", "put", "patch", "delete")


@cache
def _text() -> str:
    return (settings.BASE_DIR / "docs" / "openapi.json").read_text()


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Answer the reference as OpenAPI 3.1."""
    return HttpResponse(_text(), content_type="application/json")


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Show every address with what it takes, answers and needs."""
    return render(request, "console/reference.html", {"groups": _groups(), "base_url": settings.BASE_URL})


@cache
def _groups() -> list[dict[str, Any]]:
    """Return the operations by their group, in the order of the reference, each as the page shows it."""
    schema = json.loads(_text())
    shapes = schema["components"]["schemas"]
    found: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in schema["tags"]}
    for path, operations in schema["paths"].items():
        for method in METHODS:
            if method in operations:
                found[operations[method]["tags"][0]].append(_operation(path, method, operations[method], shapes))
    return [{"name": name, "operations": rows} for name, rows in found.items()]


def _operation(path: str, method: str, operation: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answers = {status: one for status, one in operation["responses"].items() if status.startswith("2")}
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "text": operation["description"].replace("`", ""),
        "parameters": [one for one in operation["parameters"] if one["in"] != "path"],
        "body": _members(body, shapes),
        "answers": [
            {"status": status, "media": media, "members": _members(content.get("schema", {}), shapes)}
            for status, one in answers.items()
            for media, content in (one.get("content") or {"": {}}).items()
        ],
    }


def _members(schema: dict[str, Any], shapes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the members of a schema, with type and sentence, those of the entries of a list too."""
    whole = _whole(schema, shapes)
    required = set(whole.get("required", []))
    rows = []
    for name, one in whole.get("properties", {}).items():
        inner = _whole(one, shapes)
        rows.append(
            {"name": name, "kind": _kind(one), "must": name in required, "text": inner.get("description", "")}
        )
        if name == "items":
            rows += [{**row, "name": f"items[].{row['name']}"} for row in _members(one.get("items", {}), shapes)]
    return rows


def _whole(schema: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    found = re.fullmatch(r"#/components/schemas/(.+)", schema.get("$ref", ""))
    return shapes[found[1]] if found else schema


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kinds = schema.get("type", "")
    named = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    choices = schema.get("enum")
    return f"{named}: {', '.join(map(str, choices))}" if choices else str(schema.get("format") or named)
