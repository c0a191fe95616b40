"""Examples for the reference: a value for each field that has a usual one, whole bodies where fields hang together."""

from collections.abc import Mapping
from typing import Any

NODE, JOB = "HGHEodfLB2GXUE6Ub8tmzahPtfdTXFeqW8RP3x3mkGhS", "0199aaaa-0000-7000-8000-00000000000a"
SIGNATURE = "5" * 88
DEFINITION = {
    "version": "0.1",
    "type": "container",
    "ops": [{"type": "container/run", "id": "main", "args": {"image": "ubuntu", "cmd": ["echo", "hello"]}}],
}
FORMATS = {
    "uuid": JOB,
    "date-time": "2027-01-31T12:00:00Z",
    "date": "2027-01-31",
    "email": "mia@acme.example",
    "uri": "https://acme.example/hooks/nosana",
}
# By the name of the field, whatever it belongs to.
WORDS: dict[str, Any] = {
    "act": "cap.set", "actor": "person", "address": "Herengracht 1, Amsterdam", "agent": "nosana/0.2.0", "answer": "ok",
    "author": "mia@acme.example", "brand": "visa", "by": "project", "checkout_url": "https://checkout.example/pay/1",
    "cid": "Qma1Gw6FcDBYrVqoFoTuBQzjhuwzuwgBN2GBed7M1EoJLt", "code": "WELCOME-2027", "consultation": "WAPIAAAAX1",
    "content": "{}", "cost_centre": "R&D", "country": "NL", "currency": "EUR", "decided_by": "adam@acme.example",
    "definition_cid": "Qma1Gw6FcDBYrVqoFoTuBQzjhuwzuwgBN2GBed7M1EoJLt", "definition": DEFINITION,
    "description": "Events for our own console", "detail": "The name is too long.", "digest": "9f" * 32,
    "document": "NW-2027-000001", "email": "mia@acme.example", "environment": "sandbox", "error": "",
    "failure": "", "finance_email": "finance@acme.example", "format": "nosana-audit-proof/1", "gpu": "NVIDIA RTX 4090",
    "invited_by": "olga@acme.example", "invoice": "NW-2027-000001", "key": "nos_sandbox_abcdefghijkl_secret",
    "labels": {"team": "search"}, "last4": "4242", "legal_name": "Acme B.V.", "level": "project",
    "list_signature": SIGNATURE, "mail": "daily", "market": "nvidia-4090", "member": "mia@acme.example",
    "method": "card", "month": "2027-01", "name": "Training", "networks": ["203.0.113.0/24"], "next_cursor": None,
    "node": NODE, "node_wanted": NODE, "note": "", "number": "NW-2027-000001", "off_reason": "", "op": "main",
    "operation": "main", "outcome": "launched", "path": ["9f" * 32], "people": ["olga@acme.example"],
    "period": "month", "po_number": "4711", "prefix": "abcdefghijkl", "program": "Nosana command line",
    "project": "default", "projects": {"default": "developer"}, "reason": "", "record": "{}",
    "reference": "pi_123", "refusal": "", "registration": "KvK 00000000", "replaces": None,
    "requester": "mia@acme.example", "result_cid": "", "role": "developer", "root": "9f" * 32,
    "run_address": NODE, "salt": "00" * 16, "scopes": ["jobs.view", "jobs.launch"], "secret": "whsec_c2VjcmV0",
    "secrets": {"HF_TOKEN": "hf_secret"}, "sentence": "A node runs it.", "series_prefix": "NW",
    "settle_signature": SIGNATURE, "signature": SIGNATURE, "slug": "acme", "source": "oracle", "status": "success",
    "stream": "container", "subject": "", "summary": "Runs a command.", "table": "billing_cap", "target": "default",
    "template": "hello-gpu", "text": "hello", "time_zone": "Europe/Amsterdam", "title": "Hello, GPU",
    "to": "finance@acme.example", "topup_id": None, "type": "job.completed", "types": ["job.completed"],
    "url": "https://acme.example/hooks/nosana", "vat_id": "NL000099998B57", "vat_note": "", "vat_rule": "domestic",
    "version": "1", "who": "Mia", "marks": [50, 80, 100], "timeout_s": 3600, "seconds": 3600, "limit": 50,
}  # fmt: skip
# By a number's ending: its unit.
UNITS = {"_micro": 1_500_000, "_minor": 10_000, "_bp": 2_100, "_s": 3_600, "_hours": 24, "_percent": 98}
_JOB = {
    "id": JOB, "name": "Training", "state": "running", "reason": "", "sentence": "Node HGHEodfL… runs it.",
    "project": "default", "member": "mia@acme.example", "market": "nvidia-4090", "timeout_s": 3600,
    "visibility": "private", "price_micro": 115, "held_micro": 434_700, "cost_micro": 13_800, "settled": False,
    "attempt": 1, "address": "3nUYmd4DqCzW4tBGGEc6uVV7GhBTcgQZLPjNqPgVdmpT", "node": NODE,
    "created_at": "2027-01-31T12:00:00Z", "queued_at": "2027-01-31T12:00:01Z", "started_at": "2027-01-31T12:00:04Z",
    "ended_at": None, "stop_requested_at": None, "result_at": None,
}  # fmt: skip
# What hangs together, as a whole.
WHOLE: dict[str, Any] = {
    "JobNew": {
        "name": "Training",
        "definition": DEFINITION,
        "market": "nvidia-4090",
        "timeout_s": 3600,
        "project": "default",
        "labels": {"team": "search"},
    },
    "JobShape": _JOB,
    "JobWhole": _JOB
    | {
        "definition": DEFINITION, "secrets": ["HF_TOKEN"], "secrets_of": None,
        "policy": {
            "queue_limit_s": None, "queue_then": "wait", "silent_limit_s": 900, "reposts": 1, "near_then": "warn",
            "extend_by_s": 3600, "extend_most_s": 86_400,
        },
        "template": "", "template_number": None, "labels": {"team": "search"}, "node_wanted": None,
        "url": f"https://console.example/o/acme/jobs/{JOB}/",
    },
    "JobChange": {"name": "Training, second try"},
    "JobExtend": {"timeout_s": 7200},
    "PolicyChange": {"queue_limit_s": 3600, "queue_then": "give_up", "reposts": 1},
    "OrganisationChange": {"finance_email": "finance@acme.example", "time_zone": "Europe/Amsterdam"},
    "MemberChange": {"role": "viewer"},
    "InvitationNew": {"email": "new@acme.example", "role": "developer", "projects": None},
    "KeyNew": {"name": "CI", "scopes": ["jobs.view", "jobs.launch"], "kind": "personal"},
    "CapSet": {"level": "organisation", "period": "month", "limit_micro": 500_000_000},
    "BudgetSet": {
        "level": "organisation",
        "period": "month",
        "limit_micro": 400_000_000,
        "marks": [50, 80, 100],
        "people": ["olga@acme.example"],
    },
    "RuleBody": {
        "on": True,
        "mode": "threshold",
        "currency": "EUR",
        "below_micro": 50_000_000,
        "amount_minor": 10_000,
        "month_cap_minor": 50_000,
    },
    "MoveBody": {"target": "default", "micro": 1_000_000},
    "AlertBody": {"below_micro": 50_000_000, "hours": 24, "addresses": ["finance@acme.example"]},
    "EndpointNew": {"url": "https://acme.example/hooks/nosana", "types": ["job.completed"]},
    "EndpointChange": {"on": True},
    "ChatNew": {"kind": "slack", "url": "https://hooks.slack.com/services/T0/B0/secret", "description": "#gpu-jobs"},
    "ChatTurn": {"on": False},
    "ChoicesChange": {"kinds": {"job.completed": {"mail": "daily"}}, "quiet_from": 22, "quiet_until": 7},
}  # fmt: skip
CONTENT = "application/json"


def exemplify(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """Put an example beside the body an operation takes, and beside each of its answers, where they are JSON."""
    kept = [operation.get("requestBody", {})]
    kept += [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    for one in kept:
        media = one.get("content", {}).get(CONTENT)
        if media is not None and "schema" in media:
            media["example"] = example_of(media["schema"], schemas)


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """Return a value the schema allows; `name` is the field it stands in."""
    if "$ref" in schema:
        known = schema["$ref"].rpartition("/")[2]
        return WHOLE[known] if known in WHOLE else example_of(schemas[known], schemas, name)
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return example_of(schema[several][0], schemas, name)
    if "enum" in schema:
        return next(value for value in schema["enum"] if value not in ("", None))
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
    return FORMATS.get(schema.get("format", ""), "text")


def _fits(value: Any, kinds: Any, schema: Mapping[str, Any]) -> bool:
    """Return whether a usual value is of the schema's type, and its members of theirs."""
    names = {type(None): "null", str: "string", int: "integer", list: "array", dict: "object"}
    kind = names[type(value)]
    if kind not in ([kinds] if isinstance(kinds, str) else kinds) or {"format", "properties"} & set(schema):
        return False
    members = value if kind == "array" else value.values() if kind == "object" else ()
    inner = schema.get("items" if kind == "array" else "additionalProperties") or {}
    wanted = inner.get("type")
    return wanted is None or all(names[type(one)] == wanted for one in members)
