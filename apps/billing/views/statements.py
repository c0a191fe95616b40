"""Pages of statements. Their lines are streamed: a month may have a million of them."""

import json
from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.billing import selectors
from apps.billing.models import Statement
from apps.billing.services import statement_print
from apps.billing.views.frame import download, enter
from apps.organisations.roles import Permission


@login_required
@require_GET
def statements(request: HttpRequest, slug: str) -> HttpResponse:
    """List the months that are closed, newest first."""
    membership = enter(request, slug)
    context = {
        "organisation": membership.organisation,
        "statements": selectors.statements_of(membership.organisation)[:120],  # ten years
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
    }
    return render(request, "billing/statements.html", context)


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
    return _stream(selectors.statement_csv(statement), f"statement-{month}.csv", "text/csv; charset=utf-8")


@login_required
@require_GET
def statement_json(request: HttpRequest, slug: str, month: str) -> StreamingHttpResponse:
    """Download one statement with all its lines as JSON."""
    statement = selectors.statement_get(enter(request, slug).organisation, month)
    return _stream(_json(statement), f"statement-{month}.json", "application/json")


def _json(statement: Statement) -> Iterator[bytes]:
    facts = {
        key: value for key, value in statement.data.items() if key not in ("jobs", "movements", "title", "lines")
    }
    yield json.dumps(facts).encode()[:-1] + b', "lines": ['
    for position, row in enumerate(selectors.statement_rows(statement)):
        yield (b",\n" if position else b"\n") + json.dumps(row).encode()
    yield b"]}"


def _stream(pieces: Iterator[bytes], name: str, media_type: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        pieces, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
