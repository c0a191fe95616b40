"""A worker that is killed at any moment of a close or of an invoice leaves nothing half done, and nothing twice."""

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from apps.billing.models import Invoice, InvoiceDue, Statement
from apps.billing.services import hold_settle, invoices_sweep
from apps.core.models import Mail
from tests.billing.dying import close_and_deliver, invoices_issue, killed_at
from tests.billing.money import CREDIT, NOW, grant, hold, topup
from tests.world import World

NOVEMBER, OVER = date(2026, 11, 1), datetime(2026, 12, 1, 15, tzinfo=UTC)
LATER = timedelta(hours=1)


def until_it_ends(act: Callable[..., None], *arguments: Any, strides: tuple[int, ...] = (1, 2, 3, 5)) -> int:
    """Kill the act again and again, each time a little later, until it comes to its end; return how often."""
    statement = kills = 0
    while True:
        statement += strides[kills % len(strides)]
        if killed_at(statement, act, *arguments):
            return kills
        kills += 1


@pytest.mark.django_db(transaction=True)
def test_a_close_that_is_killed_again_and_again_issues_and_mails_each_statement_once() -> None:
    world = World.build()
    for organisation in (world.acme, world.other):
        grant(organisation, 100, key=organisation.slug)
        hold(organisation, 30, source=f"job:{organisation.slug}:1")
        hold_settle(source=f"job:{organisation.slug}:1", network_micro=CREDIT, seconds=60, now=NOW)

    assert until_it_ends(close_and_deliver, NOVEMBER, OVER, OVER + LATER) > 5
    statements = list(Statement.objects.prefetch_related("parts"))
    assert {one.organisation_id for one in statements} == {world.acme.id, world.other.id}
    assert len(statements) == Mail.objects.filter(key__startswith="statement:").count() == 2
    for one in statements:
        assert (one.lines, one.closing_micro, one.delivered_at is None) == (2, 98_950_000, False)
        plain = gzip.decompress(b"".join(bytes(part.content) for part in one.parts.order_by("position")))
        assert plain.count(b"\n") == 1 + one.lines


@pytest.mark.django_db(transaction=True)
def test_invoices_whose_workers_are_killed_get_numbers_without_a_gap_and_one_mail_each() -> None:
    world = World.build()
    for number in range(3):
        topup(world.acme, f"t{number}")
    due = list(InvoiceDue.objects.order_by("created_at", "id").values_list("id", flat=True))

    assert until_it_ends(invoices_issue, due, NOW) > 5
    assert invoices_sweep(now=NOW + LATER) == 0
    assert list(Invoice.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3]
    assert Mail.objects.filter(key__startswith="invoice:").count() == 3
