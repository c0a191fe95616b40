"""The frame of the REST API: refusals as problem+json, strict bodies, pages by cursor, keyed repeats."""

from apps.core.rest.bodies import Body, Flag, JSONBodyParser, Labels, Moment, Text, Texts
from apps.core.rest.pages import PageAsked, PageQuestion, SpanQuestion, page_answer, spanned
from apps.core.rest.problems import exception_handler, problem
from apps.core.rest.repeats import once_by_header

__all__ = [
    "Body",
    "Flag",
    "JSONBodyParser",
    "Labels",
    "Moment",
    "PageQuestion",
    "SpanQuestion",
    "Text",
    "Texts",
    "exception_handler",
    "once_by_header",
    "PageAsked",
    "page_answer",
    "problem",
    "spanned",
]
