"""Closing a month: one frozen statement per organisation, once, whoever closes and whatever crashes in between.

Each organisation is closed in a transaction of its own: lines gathered from the ledger, compared with its balance,
kept as one row with its CSV, delivery promised. A crash leaves whole statements or none; the next run goes on.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.billing import chart
from apps.billing.errors import PeriodClosed, PeriodOpen, StatementMismatch
from apps.billing.models import Statement, StatementPart
from apps.billing.services.invoice_facts import SELLER_FACTS
from apps.billing.services.statement_lines import Figures, Marks, lines_csv, lines_gather, lines_summary
from apps.core.moments import day_text
from apps.core.queue import enqueue
from apps.organisations.models import Organisation

logger = logging.getLogger(__name__)

GRACE = timedelta(hours=6)  # after a month's end: settlements of its last jobs still arrive
EASTMOST = timedelta(hours=14)  # the first time zone whose month ends

UNCLOSED = """
    SELECT organisation.id FROM organisations_organisation AS organisation
    JOIN ledger_account AS account ON account.code = replace(%(available)s, '%%', organisation.id::text)
    WHERE NOT EXISTS (
        SELECT FROM billing_statement AS statement
        WHERE statement.organisation_id = organisation.id AND statement.month >= %(month)s
    )
    AND (
        SELECT transfer.at
        FROM ledger_entry AS entry JOIN ledger_transfer AS transfer ON transfer.id = entry.transfer_id
        WHERE entry.account_id = account.id ORDER BY entry.id LIMIT 1
    ) < %(ends_at)s
    ORDER BY organisation.id
"""


@dataclass(frozen=True)
class Closing:
    """What one run did: organisations closed, not over yet in their time zone, closed by another run, failed."""

    closed: int
    waiting: int
    busy: int
    failed: int


def month_close(*, month: date, now: datetime, grace: timedelta = timedelta(0)) -> Closing:
    """Close the month for every organisation that ever had credits and whose month is over by `grace`.

    May be run again, after a crash or at the same time as another: each organisation gets one statement. One that
    fails stops no other. Raises PeriodOpen while the month is over nowhere.
    """
    month = month.replace(day=1)
    if now < _next(month, UTC) - EASTMOST:
        raise PeriodOpen(_("%(month)s is not over; close it once it is.") % {"month": day_text(month, "month")})
    with connection.cursor() as cursor:
        ends_at = _next(month, UTC) + EASTMOST  # nowhere is it later
        cursor.execute(UNCLOSED, {"available": chart.available("%"), "month": month, "ends_at": ends_at})
        unclosed = [row[0] for row in cursor.fetchall()]
    counts = {"closed": 0, "waiting": 0, "busy": 0, "failed": 0}
    for organisation_id in unclosed:
        counts[_close_one(organisation_id, month=month, now=now, grace=grace)] += 1
    return Closing(**counts)


def months_close(*, now: datetime) -> Closing | None:
    """Close the month before the present one, where it is over by GRACE; None when it is over nowhere yet."""
    try:
        return month_close(month=_before((now + EASTMOST).date()), now=now, grace=GRACE)
    except PeriodOpen:
        return None


def _close_one(organisation_id: uuid.UUID, *, month: date, now: datetime, grace: timedelta) -> str:
    try:
        statement = statement_close(organisation_id=organisation_id, month=month, now=now, grace=grace)
    except PeriodOpen:
        return "waiting"
    except PeriodClosed:
        return "busy"  # another run was faster
    except Exception:  # whatever it is, the other organisations want their statements
        logger.exception("the statement of %s for %s failed", organisation_id, month)
        return "failed"
    return "closed" if statement else "busy"


def statement_close(
    *, organisation_id: uuid.UUID, month: date, now: datetime, grace: timedelta = timedelta(0)
) -> Statement | None:
    """Close one organisation's month, and first those before it that are open; None while another run does it.

    Raises PeriodOpen before the month is over in the organisation's time zone, PeriodClosed if it was closed before,
    StatementMismatch when the lines do not add up to the ledger; then nothing is kept.
    """
    month = month.replace(day=1)
    with transaction.atomic():
        if not _claim(organisation_id):
            return None
        organisation = Organisation.objects.get(id=organisation_id)
        last = Statement.objects.filter(organisation=organisation).defer("pdf").order_by("-month").first()
        if last is not None and last.month >= month:
            raise _closed(organisation, last, month)
        if now < _next(month, _zone(organisation)) + grace:
            raise PeriodOpen(
                _("%(month)s is not over for %(organisation)s; close it once it is.")
                % {"month": day_text(month, "month"), "organisation": organisation.name}
            )
        statement = last
        for each in _months_until(month, after=last.month if last else None):
            statement = _freeze(organisation, each, before=statement, now=now)
    return statement


def _claim(organisation_id: uuid.UUID) -> bool:
    """Take the right to close this organisation until the transaction ends, unless another has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"statement:{organisation_id}"]
        )
        return bool(cursor.fetchone()[0])


def _closed(organisation: Organisation, last: Statement, month: date) -> PeriodClosed:
    return PeriodClosed(
        _(
            "%(month)s is closed for %(organisation)s (its last statement is %(month2)s); what is "
            "booked late joins the next statement."
        )
        % {
            "month": day_text(month, "month"),
            "organisation": organisation.name,
            "month2": day_text(last.month, "month"),
        },
        step=(_("Statements"), f"/o/{organisation.slug}/billing/statements/"),
    )


def _freeze(organisation: Organisation, month: date, *, before: Statement | None, now: datetime) -> Statement:
    zone = _zone(organisation)
    # A changed time zone must leave no hour out and count none twice.
    starts_at = before.ends_at if before else datetime(month.year, month.month, 1, tzinfo=zone)
    ends_at = _next(month, zone)
    figures = lines_gather(
        organisation_id=organisation.id,
        starts_at=starts_at,
        ends_at=ends_at,
        opening_micro=before.closing_micro if before else None,
        marks=Marks(**before.marks) if before else None,
    )
    if not figures.ties_out:
        raise StatementMismatch(
            _(
                "%(month)s of %(organisation)s: %(opening)s + %(change)s + %(later)s micro-NOS is not the "
                "ledger's %(balance)s; nothing was issued."
            )
            % {
                "month": day_text(month, "month"),
                "organisation": organisation.name,
                "opening": figures.opening_micro,
                "change": figures.change_micro,
                "later": figures.later_micro,
                "balance": figures.balance_micro,
            }
        )
    statement = Statement.objects.create(
        organisation=organisation,
        month=month,
        time_zone=str(zone),
        starts_at=starts_at,
        ends_at=ends_at,
        opening_micro=figures.opening_micro,
        change_micro=figures.change_micro,
        closing_micro=figures.opening_micro + figures.change_micro,
        lines=figures.lines,
        data=_facts(organisation, month, figures, starts_at=starts_at, ends_at=ends_at, now=now),
        marks=figures.marks.as_json(),
        closed_at=now,
        delivered_at=None if figures.lines else now,  # a month in which nothing happened is kept, not mailed
    )
    if figures.lines:
        for position, part in enumerate(lines_csv(str(zone))):
            StatementPart.objects.create(statement=statement, position=position, content=part)
        enqueue("billing.statement_deliver", statement_id=str(statement.id))
    return statement


def _facts(
    organisation: Organisation,
    month: date,
    figures: Figures,
    *,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> dict[str, Any]:
    """Return what the statement says, as it is true now."""
    zone = str(_zone(organisation))
    return {
        "title": f"Statement {month:%B %Y}",
        "month": f"{month:%Y-%m}",
        "seller": {key: settings.SELLER[key] for key in SELLER_FACTS},
        "buyer": {
            "name": organisation.legal_name or organisation.name,
            "address": organisation.address,
            "country": organisation.country,
            "vat_id": organisation.vat_id,
        },
        "cost_centre": organisation.cost_centre,
        "time_zone": zone,
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
        "last_day": (ends_at - timedelta(seconds=1)).isoformat(),
        "closed_at": now.isoformat(),
        "opening_micro": figures.opening_micro,
        "closing_micro": figures.opening_micro + figures.change_micro,
        "lines": figures.lines,
        **lines_summary(zone),
    }


def _zone(organisation: Organisation) -> ZoneInfo:
    try:
        return ZoneInfo(organisation.time_zone)
    except (OSError, ValueError):  # unknown, or no name of a zone at all
        return ZoneInfo("UTC")


def _next(month: date, zone: Any) -> datetime:
    """Return when the month ends in the zone."""
    after = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return datetime(after.year, after.month, 1, tzinfo=zone)


def _before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _months_until(month: date, *, after: date | None) -> list[date]:
    """Return the months to close, oldest first: those after the last statement, or the month alone."""
    months = [month]
    while after is not None and _before(months[0]) > after:
        months.insert(0, _before(months[0]))
    return months
