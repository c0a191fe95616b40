"""Pages of statements. Their lines are streamed: a month may have a million of them."""

import json
from collections.abc import Callable, Iterator

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from apps.billing import selectors
from apps.billing.models import Statement
from apps.billing.services import statement_print
from apps.billing.views.frame import download, enter
from apps.core.csv import streamed
from apps.core.lists import Column, Listing, Table, list_csv, list_shown, utc_text
from apps.core.money import credits_plain

STATEMENTS = Table(
    area="statements",
    sort="-month",
    page=36,
    csv=True,
    columns=(
        Column("month", _("Month"), sort="month", always=True),
        Column("frozen", _("Frozen")),
        Column("lines", _("Lines"), sort="lines", number=True),
        Column("opening", _("Opening"), number=True),
        Column("change", pgettext_lazy("of a balance", "Change"), sort="change_micro", number=True),
        Column("closing", _("Closing"), number=True),
        Column("files", _("Files"), number=True, always=True),
    ),
)
CSV: dict[str, Callable[[Statement], object]] = {
    "month": lambda statement: statement.number,
    "time_zone": lambda statement: statement.time_zone,
    "frozen_at": lambda statement: utc_text(statement.closed_at),
    "lines": lambda statement: statement.lines,
    "opening": lambda statement: credits_plain(statement.opening_micro),
    "change": lambda statement: credits_plain(statement.change_micro),
    "closing": lambda statement: credits_plain(statement.closing_micro),
}


@login_required
@require_GET
def statements(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List the months that are closed; order, columns and page are in the address."""
    organisation = enter(request, slug).organisation
    listing, found = Listing(STATEMENTS, request.GET), selectors.statements_of(organisation)
    if listing.as_csv:
        return list_csv(f"{slug}-statements", listing, found, CSV)
    context = {"organisation": organisation}
    return list_shown(request, "billing/statements.html", listing, listing.page(found), context)


@login_required
@require_GET
def statement_pdf(request: HttpRequest, slug: str, month: str) -> HttpResponse:
    """Download one statement as it was printed."""
    statement = statement_print(selectors.statement_get(enter(request, slug).organisation, month))
    return download(bytes(statement.pdf or b""), f"statement-{month}.pdf", "application/pdf")


@login_required
@require_GET
def statement_csv(request: HttpRequest, slug: str, month: str) -> StreamingHttpResponse:
    """Download all lines of one statement as CSV."""
    statement = selectors.statement_get(enter(request, slug).organisation, month)
    return streamed(f"statement-{month}.csv", selectors.statement_csv(statement), "text/csv; charset=utf-8")


@login_required
@require_GET
def statement_json(request: HttpRequest, slug: str, month: str) -> StreamingHttpResponse:
    """Download one statement with all its lines as JSON."""
    statement = selectors.statement_get(enter(request, slug).organisation, month)
    return streamed(f"statement-{month}.json", _json(statement), "application/json")


def _json(statement: Statement) -> Iterator[bytes]:
    facts = {
        key: value for key, value in statement.data.items() if key not in ("jobs", "movements", "title", "lines")
    }
    yield json.dumps(facts).encode()[:-1] + b', "lines": ['
    for position, row in enumerate(selectors.statement_rows(statement)):
        yield (b",\n" if position else b"\n") + json.dumps(row).encode()
    yield b"]}"
