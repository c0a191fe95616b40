"""The reference: what drf-spectacular finds, completed by what holds for every endpoint."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import Resolver404, resolve

from apps.console.access import ROUTES
from apps.console.access_kinds import Own, SignedIn
from apps.console.examples import exemplify, refusal_example
from apps.organisations.roles import Permission
from apps.organisations.services.keys import SCOPES

API = "/api/v1/"
PROBLEM = "application/problem+json"
METHODS = ("get", "post", "put", "patch", "delete")
UUID = "00000000-0000-7000-8000-000000000000"
TAGS = {"organisations": "Organisations", "billing": "Billing", "payments": "Payments", "jobs": "Jobs"}
TAGS |= {"notifications": "Webhooks", "support": "Support"}
SENTENCES = {
    "400": "The request is not as it should be; `fields` names what, by its path.",
    "401": "Nobody known asks: the key or token is missing, unknown, ended, or of another environment.",
    "402": "Too few credits (`missing_micro`, and `next` leads to a top-up), or a cap that is reached (`cap`).",
    "403": "The role, the key's scopes, its project or its networks do not allow it.",
    "404": "There is no such thing, or not for this caller.",
    "405": "The address does not know this method; `Allow` says which it does.",
    "409": "It no longer fits the state of the thing, or the Idempotency-Key came with another request before.",
    "412": "It has changed since the version that If-Match names.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
    "422": "What was asked cannot be, as a whole.",
    "429": "Too many requests; Retry-After says how long to wait.",
    "500": "Something went wrong on our side; nothing is half done.",
    "503": "Something we need does not answer; try again. Or the platform is read-only (`read_only`, Retry-After).",
}


def ours_alone(endpoints: list[Any]) -> list[Any]:
    """Keep the endpoints of the API."""
    return [one for one in endpoints if one[0].startswith(API)]


def completed(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return the reference with ids, scopes, headers, refusals and the addresses that are no endpoints of DRF."""
    paths = result["paths"]
    for path, shape in _files(paths):
        paths[path] = shape
    for path, operations in paths.items():
        name = _route(path, operations)
        for method in METHODS:
            if method in operations:
                _complete(operations[method], name, method)
                exemplify(operations[method], result["components"]["schemas"])
    result["paths"] = dict(sorted(paths.items()))
    parts = result.setdefault("components", {})
    parts["schemas"] = dict(sorted({**parts.get("schemas", {}), "Problem": _PROBLEM}.items()))
    parts["securitySchemes"] = _schemes()
    parts["responses"] = {f"Refused{status}": _refusal(status) for status in SENTENCES}
    parts["headers"] = _HEADERS
    result["tags"] = [{"name": name} for name in TAGS.values()]
    return result


def _complete(operation: dict[str, Any], name: str, method: str) -> None:
    app, _, rest = name.partition(":")
    access = ROUTES[name][method.upper()]
    person = access.person if isinstance(access, SignedIn) else None
    needed = access.permission if isinstance(access, Own) else access if isinstance(access, Permission) else person
    scope = [needed.value] if needed else []
    operation["operationId"] = f"{app.removesuffix('_api')}_{rest}_{method}"
    operation["tags"] = [TAGS[app.removesuffix("_api")]]
    operation["security"] = [{"key": scope}, {"signIn": scope}, {"session": []}][1 if person else 0 :]
    text = operation.get("description", "")
    operation["summary"] = re.split(r"(?<=[.;:])\s", text, maxsplit=1)[0].rstrip(".;:")
    needs = f"Needs the scope `{scope[0]}`." if scope else "Any key or sign-in may."
    if person:
        needs = f"Needs a person: a sign-in with the scope `{scope[0]}`, or a browser; no API key."
    operation["description"] = f"{text}\n\n{needs}"
    parameters = operation.setdefault("parameters", [])
    if method == "get" and "application/json" in str(operation["responses"].get("200", {})):
        parameters.append(_parameter("fields", "query", "Names of members, with commas between: only these."))
    if method == "post":
        parameters.append(
            _parameter("Idempotency-Key", "header", "A repeat with the same key and body does nothing again.")
        )
    if method in ("put", "patch", "delete"):
        parameters.append(_parameter("If-Match", "header", "The version (ETag) that is to be changed."))
    responses = operation["responses"]
    for answer in responses.values():
        answer.setdefault("headers", {}).update(
            {header: {"$ref": f"#/components/headers/{header}"} for header in ("RateLimit", "API-Version")}
        )
    for status in _refusals(method, bool(operation.get("requestBody"))):
        responses.setdefault(status, {"$ref": f"#/components/responses/Refused{status}"})
    operation["responses"] = dict(sorted(responses.items()))


def _refusals(method: str, has_body: bool) -> list[str]:
    found = ["400", "401", "403", "404", "405", "409", "422", "429", "500", "503"]
    if has_body:
        found += ["402", "413", "415"]
    if method in ("put", "patch", "delete"):
        found.append("412")
    return found


def _route(path: str, operations: dict[str, Any]) -> str:
    """Return the name of the route behind a path of the reference."""
    kinds = {
        one["name"]: one["schema"]
        for operation in operations.values()
        if isinstance(operation, dict)
        for one in operation.get("parameters", [])
        if one.get("in") == "path"
    }

    def example(found: re.Match[str]) -> str:
        kind = kinds.get(found[1], {})
        return UUID if kind.get("format") == "uuid" else "1" if kind.get("type") == "integer" else "x"

    address = re.sub(r"\{(\w+)\}", example, path)
    try:
        return str(resolve(address).view_name)
    except Resolver404 as error:
        raise LookupError(f"{path} leads nowhere as {address}") from error


def _files(paths: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the addresses that stream a log, in the words of the address of its pages."""
    log = "/api/v1/organisations/{slug}/jobs/{job_id}/log"
    where = [one for one in paths[log]["get"]["parameters"] if one["in"] == "path"]
    start = _parameter("Last-Event-ID", "header", "The number of the last line that was seen.")
    after, until, tail = (
        {**_parameter(name, "query", sentence), "schema": {"type": "integer", "minimum": 0, "maximum": 10**9 - 1}}
        for name, sentence in (
            ("after", "Only lines after the one of this number."),
            ("until", "Only lines up to the one of this number."),
            ("tail", "Begin so many lines before the end."),
        )
    )
    for ending, media, sentence, more in (
        (
            ".txt",
            "text/plain",
            "Answer the whole log as text, with time, operation and stream before each line.",
            [after, until],
        ),
        (".ndjson", "application/x-ndjson", "Answer the whole log, one JSON object a line.", [after, until]),
        (
            "/stream",
            "text/event-stream",
            "Send log and state as server-sent events until nothing will change any more. Events are `log` (a JSON "
            "object in each data line; its id is the last line's number), `state`, `skipped`, `end` and `refused`.",
            [start, after, tail],
        ),
    ):
        content = {media: {"schema": {"type": "string"}}}
        yield (
            log + ending,
            {
                "get": {
                    "description": sentence,
                    "parameters": [*where, *more],
                    "responses": {"200": {"description": "The log.", "content": content}},
                }
            },
        )


def _parameter(name: str, place: str, sentence: str) -> dict[str, Any]:
    return {"name": name, "in": place, "description": sentence, "schema": {"type": "string"}}


def _refusal(status: str) -> dict[str, Any]:
    example = refusal_example(status)
    return {
        "description": SENTENCES[status],
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }


def _schemes() -> dict[str, Any]:
    scopes = {scope.value: str(scope.label) for scope in SCOPES}
    flow = {
        "deviceAuthorizationUrl": "/identity/o/api/device/code",
        "tokenUrl": "/identity/o/api/token",
        "refreshUrl": "/identity/o/api/token",
        "scopes": scopes,
    }
    return {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, nos_…, made under Settings, API keys.",
        },
        "signIn": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token that a person gave a program by OAuth 2's device flow.",
            "x-device-flow": flow,
        },
        "session": {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "A browser, signed in."},
    }


_HEADERS = {
    "RateLimit": {
        "description": "Requests left in this minute (r), and seconds until the next one (t).",
        "schema": {"type": "string"},
    },
    "API-Version": {"description": "The version that answered.", "schema": {"type": "string"}},
}
_PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457): `code` is for programs, `detail` is one sentence for people.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "request_id": {"type": "string", "description": "Of this answer, as in its header X-Request-ID."},
        "detail": {"type": "string"},
        "fields": {
            "type": "object",
            "description": "Sentences by the path of the field that is wrong.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "next": {
            "type": "object",
            "description": "Where to go on.",
            "properties": {"label": {"type": "string"}, "url": {"type": "string"}},
        },
        "missing_micro": {"type": "integer", "description": "Of 402: micro-NOS that are missing."},
    },
}
