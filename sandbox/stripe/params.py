"""Request parameters: Stripe's nested form encoding, and the check of each against what its endpoint knows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe.errors import InvalidRequest

METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500


def parse(encoded: str) -> dict[str, Any]:
    """Return nested dicts for `a[b][0][c]=v`; an empty pair of brackets counts on. Raises InvalidRequest."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        keys = re.findall(r"^[^\[\]]+|\[([^\[\]]*)\]", name)
        first = re.match(r"^[^\[\]]+", name)
        if first is None or re.sub(r"^[^\[\]]+(\[[^\[\]]*\])*$", "", name):
            raise InvalidRequest(f"Invalid parameter name: {name}", param=name)
        _put(tree, [first.group(), *keys[1:]], value, name)
    return tree


def _put(tree: dict[str, Any], keys: list[str], value: str, name: str) -> None:
    node = tree
    for position, key in enumerate(keys):
        key = key or str(len(node))
        if position == len(keys) - 1:
            node[key] = value
            return
        node = node.setdefault(key, {})
        if not isinstance(node, dict):
            raise InvalidRequest(f"Invalid parameter: {name} is both a value and an object.", param=name)


@dataclass(frozen=True)
class Field:
    """One parameter; `read` turns what came into a value or raises InvalidRequest."""

    required: bool = False

    def read(self, value: Any, param: str) -> Any:
        """Return the value as its type."""
        raise InvalidRequest(f"Invalid value: {value}", param=param)


def _text(value: Any, param: str, wanted: str) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(f"Invalid {wanted}: {param} must not be an object or a list.", param=param)
    return value


@dataclass(frozen=True)
class Text(Field):
    """A string of at most `longest` characters; an empty one unsets (None) where `unset` allows."""

    longest: int = 5000
    unset: bool = True

    def read(self, value: Any, param: str) -> str | None:
        text = _text(value, param, "string")
        if not text:
            if self.required or not self.unset:
                raise InvalidRequest(
                    f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a "
                    f"parameter; however '{param}' cannot be unset. You should remove '{param}' from your request "
                    "or supply a non-empty value.",
                    code="parameter_invalid_empty",
                    param=param,
                )
            return None
        if len(text) > self.longest:
            raise InvalidRequest(
                f"Invalid string: {text[:20]}…; must be at most {self.longest} characters",
                code="parameter_invalid_string_blank" if not text.strip() else None,
                param=param,
            )
        return text


@dataclass(frozen=True)
class Whole(Field):
    """An integer from `least` to `most`."""

    least: int = -(10**15)
    most: int = 10**15

    def read(self, value: Any, param: str) -> int:
        text = _text(value, param, "integer")
        if not re.fullmatch(r"[+-]?\d{1,15}", text):
            raise InvalidRequest(f"Invalid integer: {text}", code="parameter_invalid_integer", param=param)
        number = int(text)
        if not self.least <= number <= self.most:
            wrong = f"greater than or equal to {self.least}" if number < self.least else f"at most {self.most}"
            raise InvalidRequest(f"This value must be {wrong}.", code="parameter_invalid_integer", param=param)
        return number


@dataclass(frozen=True)
class DecimalText(Field):
    """A decimal number that stands for whole minor units here."""

    def read(self, value: Any, param: str) -> int:
        text = _text(value, param, "decimal")
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise InvalidRequest(f"Invalid decimal: {text}", param=param) from None
        if number != number.to_integral_value():
            raise InvalidRequest("The Stripe sandbox takes whole minor units only.", param=param)
        return int(number)


@dataclass(frozen=True)
class Flag(Field):
    """`true` or `false`."""

    def read(self, value: Any, param: str) -> bool:
        text = _text(value, param, "boolean")
        if text not in ("true", "false"):
            raise InvalidRequest(f"Invalid boolean: {text}", param=param)
        return text == "true"


@dataclass(frozen=True)
class Choice(Field):
    """One of Stripe's words."""

    among: Sequence[str] = ()

    def read(self, value: Any, param: str) -> str:
        text = _text(value, param, "string")
        if text not in self.among:
            raise InvalidRequest(f"Invalid {param}: must be one of {', '.join(self.among)}", param=param)
        return text


@dataclass(frozen=True)
class Metadata(Field):
    """Up to 50 names of 40 characters with values of 500; an empty value removes its name, '' removes all."""

    def read(self, value: Any, param: str) -> dict[str, str] | None:
        if value == "":
            return None
        if not isinstance(value, Mapping):
            raise InvalidRequest(f"Invalid object: {param} must be a hash of strings.", param=param)
        if len(value) > METADATA_KEYS:
            raise InvalidRequest(f"{param} can have at most {METADATA_KEYS} keys.", param=param)
        for name, text in value.items():
            _text(text, f"{param}[{name}]", "string")
            if len(name) > METADATA_KEY_LENGTH or len(text) > METADATA_VALUE_LENGTH:
                raise InvalidRequest(
                    f"Metadata names have at most {METADATA_KEY_LENGTH} characters and values at most "
                    f"{METADATA_VALUE_LENGTH}; {name[:METADATA_KEY_LENGTH]} has more.",
                    param=f"{param}[{name[:METADATA_KEY_LENGTH]}]",
                )
        return dict(value)


@dataclass(frozen=True)
class Many(Field):
    """A list, at most `most` long."""

    of: Field = Text()
    most: int = 100

    def read(self, value: Any, param: str) -> list[Any]:
        if value == "":
            return []
        if not isinstance(value, Mapping) or not all(key.isdigit() for key in value):
            raise InvalidRequest("Invalid array", param=param)
        if len(value) > self.most:
            raise InvalidRequest(f"Array {param} exceeded maximum {self.most} allowed elements.", param=param)
        return [self.of.read(value[key], f"{param}[{key}]") for key in sorted(value, key=int)]


@dataclass(frozen=True)
class Nested(Field):
    """An object with fields of its own; `bare` says how a plain value is read instead, where Stripe takes both."""

    fields: Mapping[str, Field] | None = None
    bare: Field | None = None

    def read(self, value: Any, param: str) -> Any:
        if not isinstance(value, Mapping):
            if self.bare is not None:
                return self.bare.read(value, param)
            raise InvalidRequest("Invalid object", param=param)
        return check(value, self.fields or {}, param)


def check(given: Mapping[str, Any], fields: Mapping[str, Field], within: str = "") -> dict[str, Any]:
    """Return the given parameters as their types.

    Raises InvalidRequest: `parameter_unknown` for one the endpoint does not know, `parameter_missing` for one
    it needs.
    """
    unknown = [name for name in given if name not in fields]
    if unknown:
        shown = [f"{within}[{name}]" if within else name for name in unknown]
        noun = "parameter" if len(shown) == 1 else "parameters"
        raise InvalidRequest(
            f"Received unknown {noun}: {', '.join(shown)}", code="parameter_unknown", param=shown[0]
        )
    values: dict[str, Any] = {}
    for name, field in fields.items():
        param = f"{within}[{name}]" if within else name
        if name in given:
            values[name] = field.read(given[name], param)
        elif field.required:
            raise InvalidRequest(f"Missing required param: {param}.", code="parameter_missing", param=param)
    return values
