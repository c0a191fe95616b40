"""An organisation's statements: the months, one of them, and its lines, in constant memory."""

import csv
import io
import zlib
from collections.abc import Iterator
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.billing.models import Statement
from apps.core.errors import NotFound
from apps.organisations.models import Organisation


def statements_of(organisation: Organisation) -> QuerySet[Statement]:
    """Return the organisation's statements without their PDFs, newest first."""
    return Statement.objects.filter(organisation=organisation).defer("pdf", "marks").order_by("-month")


def statement_get(organisation: Organisation, number: str) -> Statement:
    """Return the organisation's statement of a month ("2026-10") with its PDF. Raises NotFound."""
    try:
        month = date.fromisoformat(f"{number}-01")
    except ValueError:
        month = None
    statement = Statement.objects.filter(organisation=organisation, month=month).first() if month else None
    if statement is None:
        raise NotFound(
            _("There is no statement of “%(number)s” for %(organisation)s; choose one from the list.")
            % {"number": number[:40], "organisation": organisation.name}
        )
    return statement


def statement_csv(statement: Statement) -> Iterator[bytes]:
    """Yield the statement's lines as CSV, a piece at a time."""
    unpacker = zlib.decompressobj(wbits=31)
    parts = statement.parts.order_by("position").values_list("content", flat=True)
    for content in parts.iterator(chunk_size=4):
        yield unpacker.decompress(bytes(content))
    yield unpacker.flush()


def statement_rows(statement: Statement) -> Iterator[dict[str, str]]:
    """Yield the statement's lines as they stand in its CSV, one at a time."""
    yield from csv.DictReader(_text_lines(statement_csv(statement)))


def _text_lines(pieces: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        whole, cut, rest = (rest + piece).rpartition(b"\n")
        yield from io.StringIO((whole + cut).decode(), newline="\n")
