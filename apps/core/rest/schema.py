"""What the reference says of an endpoint's method, in one line above it."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiResponse, OpenApiTypes, extend_schema, inline_serializer
from rest_framework import serializers

from apps.core.rest.pages import PageQuestion

F = TypeVar("F", bound=Callable[..., Any])
Shape = type[serializers.BaseSerializer[Any]] | serializers.BaseSerializer[Any]

_pages: dict[tuple[str, type], Shape] = {}


class Reference(AutoSchema):
    """What the reference says of shapes."""

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """Return the schema; what is made of a row has all its members, also those a form may leave out."""
        schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(force_instance(serializer), serializers.ModelSerializer):
            schema["required"] = sorted(schema["properties"])
        return schema


def described(
    answer: Shape | None = None,
    *,
    body: type[serializers.Serializer[Any]] | None = None,
    question: type[serializers.Serializer[Any]] | None = None,
    page: bool = False,
    many: bool = False,
    status: int = 200,
    media: str | None = None,
    also: dict[int, Shape] | None = None,
) -> Callable[[F], F]:
    """Say what a method takes (`body`, `question`) and answers: a shape, a `page` or `many` of it, or a `media` type.

    Its docstring is what people read; scopes, refusals and headers are the same everywhere and added for all.
    """
    if page:
        assert answer is not None
        answer, question = _page_of(answer), question or PageQuestion
    elif many:
        assert answer is not None
        answer = _items_of(answer)
    responses: dict[Any, Any] = {}
    if media is not None:
        kind = {"application/pdf": OpenApiTypes.BINARY, "application/json": OpenApiTypes.OBJECT}.get(
            media, OpenApiTypes.STR
        )
        responses[(status, media)] = kind
    else:
        responses[status] = answer if answer is not None else OpenApiResponse(description="Done.")
    responses |= also or {}
    asks = frozenset(question().fields) if question else frozenset()

    def wrap(method: F) -> F:
        wrapped: F = extend_schema(request=body, parameters=[question] if question else [], responses=responses)(
            method
        )
        wrapped.asks = asks  # type: ignore[attr-defined]
        return wrapped

    return wrap


def _name(answer: Shape) -> str:
    kind = answer if isinstance(answer, type) else type(answer)
    own = getattr(getattr(kind, "Meta", None), "__dict__", {})
    return str(own.get("ref_name") or kind.__name__.removesuffix("Shape"))


def _page_of(answer: Shape) -> Shape:
    one, name = answer if isinstance(answer, type) else type(answer), f"{_name(answer)}Page"
    if (name, one) not in _pages:
        _pages[name, one] = inline_serializer(
            name,
            {
                "items": serializers.ListField(child=one()),
                "next_cursor": serializers.CharField(
                    allow_null=True, help_text="Where the next page begins; null at the end."
                ),
            },
        )
    return _pages[name, one]


def _items_of(answer: Shape) -> Shape:
    one, name = answer if isinstance(answer, type) else type(answer), f"{_name(answer)}List"
    if (name, one) not in _pages:
        _pages[name, one] = inline_serializer(name, {"items": serializers.ListField(child=one())})
    return _pages[name, one]
