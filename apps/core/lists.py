"""What every list of the console shares: columns to choose and to sort by, all in the address, and pages by key.

A page begins after a mark: the value of the column that sorts, and the id. So nothing is skipped or shown twice while
rows come and go, and the hundredth page is as quick as the first.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.core.csv import csv_lines, csv_response
from apps.core.errors import AppError

M = TypeVar("M", bound=Model)
SEARCH = 120  # characters
PASSING = ("before", "seen", "id", "news", "as")  # what belongs to one look, not to the list


@dataclass(frozen=True)
class Column:
    """A column; `sort` is the field that rows are ordered by, which must never be NULL and should have an index."""

    name: str
    label: str | Promise
    sort: str = ""
    number: bool = False
    shown: bool = True  # unless the address chooses others
    always: bool = False


@dataclass(frozen=True)
class Pick:
    """A filter of a few values, each with its words; `every` is what stands for not filtering."""

    name: str
    label: str | Promise
    every: str | Promise
    options: tuple[tuple[str, str | Promise], ...]


@dataclass(frozen=True)
class Table:
    """A kind of list. `area` is what saved views of it are filed under; `sort` how it is ordered at first.

    `search` is what its field of search is for, "" for none.
    """

    area: str
    columns: tuple[Column, ...]
    sort: str = "-id"
    page: int = 25
    search: str | Promise = ""
    picks: tuple[Pick, ...] = ()
    csv: bool = False  # whether its address answers `?as=csv` with all of it


@dataclass(frozen=True)
class Head:
    """The head of a shown column: where a press on it leads, and how it is sorted now ("" if it is not)."""

    column: Column
    url: str
    sorted: str


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows, and the mark of the next page ("" at the end)."""

    rows: list[M]
    next: str


class Listing:
    """A list as one address asks for it."""

    def __init__(self, table: Table, params: QueryDict) -> None:
        self.table = table
        self._params = params

    @cached_property
    def before(self) -> str:
        """The mark of the page, "" on the first."""
        return self._params.get("before", "")

    @cached_property
    def search(self) -> str:
        """What is searched for, "" for nothing."""
        return self._params.get("q", "").strip()[:SEARCH] if self.table.search else ""

    def picked(self, name: str) -> str:
        """Return the value that is chosen of the filter; "" for none, or one that it does not have."""
        pick = next(one for one in self.table.picks if one.name == name)
        value = self._params.get(name, "")
        return value if value in dict(pick.options) else ""

    @property
    def picks(self) -> list[tuple[Pick, str]]:
        """The filters, each with the value that is chosen."""
        return [(pick, self.picked(pick.name)) for pick in self.table.picks]

    @property
    def filtered(self) -> bool:
        """Whether the address narrows the list."""
        return bool(self.search) or any(value for _, value in self.picks)

    @property
    def as_csv(self) -> bool:
        """Whether the list is asked for as a file, all of it."""
        return self._params.get("as") == "csv"

    @cached_property
    def sort(self) -> str:
        """The name of the column that sorts, with a minus for descending; what is unknown sorts as at first."""
        wanted = self._params.get("sort", "")
        known = {column.name for column in self.table.columns if column.sort}
        return wanted if wanted.removeprefix("-") in known else self.table.sort

    @cached_property
    def shown(self) -> dict[str, bool]:
        """Which columns are shown, by name; what is chosen and unknown is left out."""
        wanted = set(self._params.getlist("columns")) & {column.name for column in self.table.columns}
        return {
            column.name: column.always or (column.name in wanted if wanted else column.shown)
            for column in self.table.columns
        }

    @property
    def columns(self) -> list[Column]:
        """The columns that are shown, in their order."""
        return [column for column in self.table.columns if self.shown[column.name]]

    @property
    def choices(self) -> list[tuple[Column, bool]]:
        """The columns that may be hidden, each with whether it is shown."""
        return [(column, self.shown[column.name]) for column in self.table.columns if not column.always]

    @property
    def sorts(self) -> list[tuple[str, str | Promise, bool]]:
        """Each way to sort: its name, the column's label, whether it descends."""
        sortable = [column for column in self.table.columns if column.sort]
        return [(f"{sign}{column.name}", column.label, bool(sign)) for column in sortable for sign in ("-", "")]

    @cached_property
    def query(self) -> str:
        """The address of the list without its page, and without what is as at first."""
        kept = self._params.copy()
        for name in PASSING:
            kept.pop(name, None)
        if self.sort == self.table.sort:
            kept.pop("sort", None)
        if all(self.shown[column.name] == (column.always or column.shown) for column in self.table.columns):
            kept.pop("columns", None)
        for name in list(kept):
            kept.setlist(name, [value for value in kept.getlist(name) if value])
            if not kept.getlist(name):
                del kept[name]
        return kept.urlencode()

    @property
    def heads(self) -> list[Head]:
        """The heads of the shown columns."""
        return [Head(column, self._sorted_by(column), self._sorted(column)) for column in self.columns]

    def _sorted(self, column: Column) -> str:
        if self.sort.removeprefix("-") != column.name:
            return ""
        return "descending" if self.sort.startswith("-") else "ascending"

    def _sorted_by(self, column: Column) -> str:
        if not column.sort:
            return ""
        query = QueryDict(self.query, mutable=True)
        first = "-" if column.number or column.sort.endswith(("_at", "id")) else ""
        turned = {"ascending": f"-{column.name}", "descending": column.name}
        query["sort"] = turned.get(self._sorted(column), f"{first}{column.name}")
        return query.urlencode()

    def page(self, rows: QuerySet[M]) -> Page[M]:
        """Return the page of the rows that the address asks for, in one query. Raises AppError for a bad mark."""
        ordered = self.order(rows)
        if self.before:
            beyond = "lt" if self.sort.startswith("-") else "gt"
            ordered = ordered.filter(_after(rows, self._key, self.before, beyond))
        found = list(ordered[: self.table.page + 1])
        shown = found[: self.table.page]
        return Page(shown, _mark(shown[-1], self._key) if len(found) > len(shown) else "")

    def order(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Return the rows in the order of the address."""
        sign = "-" if self.sort.startswith("-") else ""
        return rows.order_by(*(f"{sign}{name}" for name in (*self._key, "pk")))

    @cached_property
    def _key(self) -> tuple[str, ...]:
        """The field that sorts, unless it is the id, which always decides in the end."""
        fields = {column.name: column.sort for column in self.table.columns}
        field = fields.get(self.sort.removeprefix("-")) or "id"
        return () if field == "id" else (field,)


def list_shown(
    request: HttpRequest, template: str, listing: Listing, page: Page[Any], context: dict[str, Any]
) -> HttpResponse:
    """Answer the page of a list; htmx is told the list's address without what is empty in the form of filters."""
    shown = {"listing": listing, "shown": listing.shown, "rows": page.rows, "n": len(page.rows), "next": page.next}
    response = render(request, template, shown | context)
    if request.headers.get("HX-Request") and not listing.before:
        response["HX-Push-Url"] = f"{request.path}?{listing.query}".rstrip("?")
    return response


def list_csv(
    name: str, listing: Listing, rows: QuerySet[M], columns: dict[str, Callable[[M], object]]
) -> StreamingHttpResponse:
    """Answer all rows as a file, in the order of the address, a line each, as they are read."""
    ordered = listing.order(rows).iterator(chunk_size=1_000)
    lines = csv_lines(list(columns), ([value(row) for value in columns.values()] for row in ordered))
    return csv_response(f"{name}.csv", lines)


def utc_text(at: datetime | None) -> str:
    """Return the time as programs read it, in UTC; "" for none."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def _mark(row: Model, key: tuple[str, ...]) -> str:
    values = [_value(row, name) for name in key]
    text = json.dumps([*map(str, values), str(row.pk)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    return row


def _after(rows: QuerySet[Any], key: tuple[str, ...], mark: str, beyond: str) -> Q:
    try:
        values = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        pk = rows.model._meta.pk
        assert pk is not None
        if [type(value) for value in values] != [str] * (len(key) + 1):
            raise ValueError("another list's mark")
        last = pk.to_python(values[-1])
        pk.run_validators(last)
        if not key:
            return Q(**{f"pk__{beyond}": last})
        value = _field(rows, key[0]).to_python(values[0])
        return Q(**{f"{key[0]}__{beyond}e": value}) & (
            Q(**{f"{key[0]}__{beyond}": value}) | Q(**{f"pk__{beyond}": last})
        )
    except (ValueError, TypeError, binascii.Error, ValidationError, FieldError) as error:
        raise AppError(
            _("This address marks no page; start again from the first one."), code="page_unknown"
        ) from error


def _field(rows: QuerySet[Any], name: str) -> Any:
    model: Any = rows.model
    *path, last = name.split("__")
    for part in path:
        model = model._meta.get_field(part).related_model
    return model._meta.get_field(last)
