"""Usage: added up by one dimension over a time, and every line of it as CSV."""

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from apps.billing import selectors
from apps.billing.api.shapes import UsageQuestion, UsageShape
from apps.billing.selectors import Dimension
from apps.billing.views.usage import COLUMNS, cells
from apps.billing.windows import day_start, zone_of
from apps.core.csv import csv_lines, csv_response
from apps.core.errors import AppError
from apps.core.moments import moment_sent
from apps.core.rest.pages import question_of
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.models import Organisation
from apps.organisations.roles import Permission

DAYS = 3 * 366


class Usage(Endpoint):
    """What was settled, added up."""

    @described(UsageShape, question=UsageQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """Read usage, added up as chosen: days in their order, others the dearest first, 1,000 at most."""
        organisation = self.grant(Permission.BILLING_VIEW).organisation
        asked, since, until = _asked(request, organisation)
        rows = selectors.usage_by(organisation, Dimension(asked["by"]), since=since, until=until)
        return Response(
            {
                "by": asked["by"],
                "since": moment_sent(since),
                "until": moment_sent(until),
                "items": [vars(row) for row in rows],
                "cut": len(rows) == selectors.ROWS_LIMIT,
            }
        )


class UsageCsv(Endpoint):
    """Every settled line."""

    @described(media="text/csv", question=UsageQuestion)
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Read the settled lines of usage as CSV, oldest first, in a stream."""
        organisation = self.grant(Permission.BILLING_VIEW).organisation
        _unused, since, until = _asked(request, organisation)
        lines = (cells(line) for line in selectors.usage_lines(organisation, since=since, until=until))
        return csv_response(f"usage-{slug}.csv", csv_lines(COLUMNS, lines))


def _asked(request: Request, organisation: Organisation) -> tuple[dict[str, Any], datetime, datetime]:
    """Return the question and the moments [since, until) of its days. Raises AppError for days that cannot be."""
    asked = UsageQuestion(data=question_of(request)).read()
    zone = zone_of(organisation.time_zone)
    last: date = asked.get("until") or timezone.now().astimezone(zone).date()
    first: date = asked.get("since") or last.replace(day=1)
    if first > last or last - first > timedelta(days=DAYS) or not 2000 <= first.year <= last.year <= 2100:
        sentence = _("These days cannot be: the first is not after the last, and three years apart at most.")
        raise AppError(sentence, code="period_unknown", status=422, fields={"since": [sentence]})
    return asked, day_start(first, zone), day_start(last + timedelta(days=1), zone)
