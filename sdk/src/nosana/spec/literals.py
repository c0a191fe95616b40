"""Literals (`%%ops.a.results.x%%`) and collection operators inside args. Source: network facts, 3.6."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nosana.spec.fields import LITERAL
from nosana.spec.problems import Step

SPREAD, PAIRS, REMOVE = "__spread__", "__pairs__", "__remove-if-empty__"
GLOBAL_NAMES = ("job", "project", "host", "frps_address")

_OF_OP = re.compile(
    r"%%ops\.(?P<op>.+?)\.(?:results\.(?P<result>.+)|endpoint\.(?P<port>.+)|(?P<plain>host|deployment_endpoint))%%"
)
_OF_GLOBAL = re.compile(r"%%globals?\.(?:variables\.(?P<variable>.+)|(?P<name>[^.]+))%%")


class LiteralUnresolved(ValueError):
    """A literal stands for nothing that is known; the message names it and why."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What one literal points at: a value of an operation, or a global one."""

    literal: str
    op: str | None = None
    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """All a literal may stand for; `endpoints` are hosts without scheme, by operation and port."""

    job: str = ""
    project: str = ""
    host: str = ""
    frps_address: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    endpoints: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    deployment_endpoints: Mapping[str, str] = field(default_factory=dict)

    def lookup(self, literal: str) -> Any:
        """Return what the literal stands for. Raises LiteralUnresolved."""
        reference = literal_parse(literal)
        if reference is None:
            raise LiteralUnresolved(f"{literal} is not a literal the network knows.")
        sources: dict[str, Mapping[Any, Any]] = {
            "global": {name: getattr(self, name) for name in GLOBAL_NAMES},
            "variable": self.variables,
            "result": self.results.get(reference.op or "", {}),
            "host": self.hosts,
            "deployment_endpoint": self.deployment_endpoints,
            "endpoint": {str(port): host for port, host in self.endpoints.get(reference.op or "", {}).items()},
        }
        source = sources[reference.kind]
        if reference.name not in source:
            raise LiteralUnresolved(f"{literal} stands for nothing known when this operation starts.")
        return source[reference.name]


def literal_parse(literal: str) -> Reference | None:
    """Return what `%%…%%` points at, or None when it has no known form."""
    if match := _OF_OP.fullmatch(literal):
        op, plain = match["op"], match["plain"]
        if plain:
            return Reference(literal, op, plain, op)
        kind = "result" if match["result"] else "endpoint"
        return Reference(literal, op, kind, match["result"] or match["port"])
    if match := _OF_GLOBAL.fullmatch(literal):
        if match["variable"]:
            return Reference(literal, None, "variable", match["variable"])
        return Reference(literal, None, "global", match["name"])
    return None


def literals_in(value: Any, steps: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield every literal in a value with the path of the text it stands in."""
    if isinstance(value, str):
        for match in LITERAL.finditer(value):
            yield steps, match[0]
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from literals_in(item, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from literals_in(item, (*steps, index))


def args_resolve(args: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Return args with literals and collection operators worked out, env as texts, empty lists dropped.

    Raises LiteralUnresolved.
    """
    resolved = _collect({key: _interpolate(value, scope) for key, value in args.items()})
    if isinstance(resolved.get("env"), dict):
        resolved["env"] = {key: _as_text(value) for key, value in resolved["env"].items()}
    return _drop_empty(resolved)


def _interpolate(value: Any, scope: Scope, *, raw: bool = False) -> Any:
    if isinstance(value, str):
        found = _interpolate_text(value, scope)
        return found if raw or not isinstance(found, list) else _one_text(found)
    if isinstance(value, list):
        items: list[Any] = []
        for item in value:
            found = _interpolate(item, scope, raw=True)
            items += found if isinstance(item, str) and isinstance(found, list) else [found]
        return items
    if isinstance(value, dict):
        return {key: _interpolate(item, scope, raw=key in (SPREAD, PAIRS)) for key, item in value.items()}
    return value


def _interpolate_text(text: str, scope: Scope) -> Any:
    if LITERAL.fullmatch(text):
        return _parsed(scope.lookup(text))
    return LITERAL.sub(lambda match: _as_text(_one_text(scope.lookup(match[0]))), text)


def _one_text(value: Any) -> Any:
    """A list in the place of a text: its only item, or all joined by spaces."""
    if not isinstance(value, list):
        return value
    return value[0] if len(value) == 1 else " ".join(_as_text(item) for item in value)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value.strip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _spread(operator: dict[str, Any]) -> Any:
    """What `__spread__` gives; `chunked` puts the pieces of a text together before reading it (inferred)."""
    value = operator[SPREAD]
    if (
        operator.get("chunked") is True
        and isinstance(value, list)
        and all(isinstance(item, str) for item in value)
    ):
        value = "".join(value)
    value = _parsed(value)
    if isinstance(value, list) and len(value) == 1:
        only = _parsed(value[0])
        value = only if isinstance(only, list | dict) else value
    return _collect(value)


def _collect(value: Any) -> Any:
    if isinstance(value, list):
        items: list[Any] = []
        for item in value:
            if isinstance(item, dict) and SPREAD in item:
                found = _spread(item)
                items += found if isinstance(found, list) else [found]
            else:
                items.append(_collect(item))
        return items
    if isinstance(value, dict):
        fields: dict[str, Any] = {}
        for key, item in value.items():
            if key == SPREAD:
                found = _spread(value)
                fields.update(found if isinstance(found, dict) else {})
            elif key == PAIRS:
                pairs = _collect(_parsed(item))
                fields.update({pair["key"]: pair["value"] for pair in pairs if isinstance(pair, dict)})
            elif not (key == "chunked" and SPREAD in value):
                fields[key] = _collect(item)
        return fields
    return value


def _drop_empty(value: Any) -> Any:
    if isinstance(value, list):
        return [_drop_empty(item) for item in value if item != REMOVE]
    if isinstance(value, dict):
        kept = {}
        for key, item in value.items():
            cleaned = _drop_empty(item)
            if not (isinstance(item, list) and REMOVE in item and not cleaned):
                kept[key] = cleaned
        return kept
    return value
