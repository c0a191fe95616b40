"""Building blocks of the definition's models: strict maps, optional keys that refuse null, unions told by kind."""

import re
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
)
from pydantic_core import PydanticCustomError

T = TypeVar("T")

LITERAL = re.compile(r"%%(?:ops|globals?)\.[^%]+%%")


class Strict(BaseModel):
    """A map that refuses unknown keys and converts nothing, as the network's validator does."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, regex_engine="python-re")


def _not_null(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("null_refused", "null")
    return value


def _no_spaces(value: str) -> str:
    if not value or re.search(r"\s", value):
        raise PydanticCustomError("id_with_space", "space")
    return value


def _whole_literal(value: str) -> str:
    if not LITERAL.fullmatch(value):
        raise PydanticCustomError("not_a_literal", "literal")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number_refused", "number")
    return value


Maybe = Annotated[T | None, BeforeValidator(_not_null)]
Number = Annotated[int | float, PlainValidator(_number)]
Identifier = Annotated[str, AfterValidator(_no_spaces)]
LiteralText = Annotated[str, AfterValidator(_whole_literal)]


def kind_of(value: Any) -> str | None:
    """Return the tag of a JSON value's kind, by which unions are told apart."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, int | float):
        return "<number>"
    if isinstance(value, list):
        return "<list>"
    if isinstance(value, dict):
        return "<spread>" if "__spread__" in value else "<map>"
    if isinstance(value, BaseModel):
        return "<spread>" if isinstance(value, Spread) else "<map>"
    return None


def by_kind(wanted: str) -> Any:
    """Return a discriminator by kind whose error says what was `wanted`."""
    return Discriminator(kind_of, custom_error_type="wrong_kind", custom_error_message=wanted)


class Spread(Strict):
    """`{"__spread__": …}`: splices a literal's items into the list it stands in. Source: network facts, 3.6."""

    value: Annotated[
        Annotated[str, Tag("<text>")]
        | Annotated[list[Any], Tag("<list>")]
        | Annotated[dict[str, Any], Tag("<map>")],
        by_kind("a literal, a list or a map"),
    ] = Field(alias="__spread__")
    chunked: Maybe[bool] = None


TextOrSpread = Annotated[Annotated[str, Tag("<text>")] | Annotated[Spread, Tag("<spread>")], by_kind("a text")]
TextOrTexts = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[TextOrSpread], Tag("<list>")],
    by_kind("a text or a list of texts"),
]


class Pair(Strict):
    """One field of `{"__pairs__": [{key, value}]}`."""

    key: str
    value: str


TextMap = dict[
    str,
    Annotated[
        Annotated[str, Tag("<text>")] | Annotated[list[Pair], Tag("<list>")],
        by_kind("a text"),
    ],
]
