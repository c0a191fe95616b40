"""What programs send: strict JSON, and bodies whose every field is known and of its type."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser

UNKNOWN = gettext_lazy("There is no such field here; remove it, or compare its spelling with the reference.")
NO_NUMBER = gettext_lazy("This must be a whole number, without quotes.")


class JSONBodyParser(JSONParser):
    """Reads a body as UTF-8 JSON, and refuses with a sentence what a database or a reader could not take."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the value. Raises ParseError; a body over settings.DATA_UPLOAD_MAX_MEMORY_SIZE is not even read."""
        try:
            value = json.loads(stream.read().decode(), parse_constant=_no_constant, parse_float=_finite)
        except UnicodeDecodeError as error:
            raise ParseError(
                _("The body is not UTF-8: byte %(start)s belongs to no character.") % {"start": error.start}
            ) from error
        except RecursionError as error:
            raise ParseError(_("The body is nested too deeply.")) from error
        except ValueError as error:
            raise ParseError(_("The body is not JSON: %(error)s.") % {"error": str(error)[:200]}) from error
        _text_check(value)
        return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{digits[:40]} is too large for a number")
    return number


def _text_check(value: Any) -> None:
    """Refuse text that no database keeps: zero characters and halves of surrogate pairs."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str) and ("\x00" in one or any("\ud800" <= letter <= "\udfff" for letter in one)):
            raise ParseError(_("The body has a zero character or half a surrogate pair in a text; remove it."))


class JSONAlways(DefaultContentNegotiation):
    """Answers JSON, whatever a caller says to accept: there is nothing else, and a refusal is JSON too."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        """Return the one renderer and its media type."""
        return renderers[0], renderers[0].media_type


class Questions(dict[str, Any]):
    """What an address asks: texts alone, so that a number comes as one."""


class Body(serializers.Serializer[Any]):
    """A body, or the questions of an address, in which every field must be known.

    In a body a number is a number: "600" in quotes is refused, as the reference says; an address knows texts alone.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Return the fields read. Raises ValidationError naming each unknown or bad field."""
        if isinstance(data, Mapping):
            wrong: dict[str, list[Any]] = {str(name)[:80]: [UNKNOWN] for name in data if name not in self.fields}
            if not isinstance(data, Questions):
                quoted = (name for name, field in self.fields.items() if _quoted(field, data.get(name)))
                wrong |= {name: [NO_NUMBER] for name in quoted}
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)

    def read(self) -> dict[str, Any]:
        """Return what was sent. Raises ValidationError."""
        self.is_valid(raise_exception=True)
        return dict(self.validated_data)


def _quoted(field: serializers.Field[Any, Any, Any, Any], value: Any) -> bool:
    """Return whether a whole number is asked for, and something else than a number is there."""
    if isinstance(field, serializers.ListField):
        return isinstance(value, list) and any(_quoted(field.child, one) for one in value)
    return isinstance(field, serializers.IntegerField) and isinstance(value, str | bool)


class Text(serializers.CharField):
    """Text; a number or a truth value is none."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text. Raises ValidationError."""
        if not isinstance(data, str):
            raise serializers.ValidationError(_("This must be a text, in quotes."))
        return str(super().to_internal_value(data))


class Flag(serializers.BooleanField):
    """true or false, nothing that looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the truth value. Raises ValidationError."""
        if not isinstance(data, bool):
            raise serializers.ValidationError(_("This must be true or false, without quotes."))
        return data


class Moment(serializers.DateTimeField):
    """A moment with its offset, such as 2027-01-31T12:00:00Z."""

    def to_internal_value(self, value: Any) -> Any:
        """Return the moment. Raises ValidationError."""
        if not isinstance(value, str) or len(value) > 40:
            raise serializers.ValidationError(_("This must be a moment such as 2027-01-31T12:00:00Z."))
        return super().to_internal_value(value)


class Texts(serializers.ListField):
    """A list of texts."""

    def __init__(self, *, each: int = 200, most: int = 100, **kwargs: Any) -> None:
        super().__init__(child=Text(max_length=each), max_length=most, **kwargs)


class Labels(serializers.DictField):
    """Texts by name."""

    def __init__(self, *, each: int = 200, **kwargs: Any) -> None:
        super().__init__(child=Text(max_length=each, allow_blank=True), **kwargs)
