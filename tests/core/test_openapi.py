"""The reference of the API says what the code does, and people can read it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator

from apps.console.management.commands.openapi import reference_text
from tests.permissions.routes import routes

FILE = Path("docs/openapi.json")
NAMELESS = re.compile(r"^\w+ (it|its|them|those|this|one|all of them)\b(?! of)")


def test_the_reference_is_what_the_code_says() -> None:
    assert FILE.read_text() == reference_text(), "run `make openapi` and read what changed"


def test_every_address_is_in_it_once_with_id_scope_and_refusals() -> None:
    schema = json.loads(FILE.read_text())
    operations = [
        one for path in schema["paths"].values() for method, one in path.items() if method != "parameters"
    ]
    ids = [one["operationId"] for one in operations]
    assert len(ids) == len(set(ids))
    named = {one.rpartition("_")[0] for one in ids}
    api = {route.name.replace("_api:", "_") for route in routes() if route.pattern.startswith("api/v1/")}
    assert api == named
    for one in operations:
        assert one["summary"]
        assert not NAMELESS.search(one["summary"]), f"“{one['summary']}” names no thing; say which"
        assert one["security"]
        assert {"401", "403", "404", "429"} <= set(one["responses"])


def test_every_body_and_answer_in_json_has_an_example_that_it_allows() -> None:
    schema = json.loads(FILE.read_text())
    checked = 0
    for path, operations in schema["paths"].items():
        for method, one in operations.items():
            kept = {"body": one.get("requestBody", {})} | one["responses"]
            for which, part in kept.items():
                media = part.get("content", {}).get("application/json")
                if media is None:
                    continue
                rule = {**media["schema"], "components": schema["components"]}
                problems = [error.message for error in Draft202012Validator(rule).iter_errors(media["example"])]
                assert problems == [], f"{method} {path} {which}"
                checked += 1
                if which != "body":
                    asked = _shape(media["schema"], schema).get("required", [])
                    assert set(asked) <= set(media["example"]), f"{method} {path}: a member has no example"
    for status, one in schema["components"]["responses"].items():
        said = one["content"]["application/problem+json"]["example"]
        assert said["status"] == int(status.removeprefix("Refused"))
        assert said["detail"]
    assert checked > 150
    assert '"text"' not in json.dumps([*_examples(schema)]).replace('"text":', ""), "a field has no usual value"


def _shape(rule: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = rule.get("$ref", "").rpartition("/")[2]
    return schema["components"]["schemas"][name] if name else rule


def _examples(schema: Any) -> Iterator[Any]:
    """Yield every example of the reference."""
    if isinstance(schema, dict):
        yield from [schema["example"]] if "example" in schema else []
        schema = [value for name, value in schema.items() if name != "example"]
    if isinstance(schema, list):
        for one in schema:
            yield from _examples(one)


def test_the_reference_is_served_as_a_page_and_as_json(db: None) -> None:
    page = Client().get("/docs/api/").content.decode()
    assert "/api/v1/organisations/{slug}/jobs/{job_id}/stop" in page
    assert "jobs.stop" in page
    assert "timeout_s" in page
    assert Client().get("/docs/openapi.json").json()["openapi"] == "3.1.0"
