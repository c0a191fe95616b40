"""A worker that is killed at any moment of a close or of an invoice leaves nothing half done, and nothing twice."""

import gzip
import os
import signal
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections

from apps.billing.models import Invoice, InvoiceDue, Statement
from apps.billing.services import hold_settle, invoice_issue, invoices_sweep, month_close, statements_sweep
from apps.core.models import Mail
from tests.billing.money import CREDIT, NOW, grant, hold, topup
from tests.world import World

NOVEMBER, OVER = date(2026, 11, 1), datetime(2026, 12, 1, 15, tzinfo=UTC)
LATER = timedelta(hours=1)


def killed_at(statement: int, act: Callable[[], Any]) -> bool:
    """Run the act in a process that is killed before its nth SQL statement; return whether it came to its end."""
    connections.close_all()
    child = os.fork()
    if not child:
        seen = 0

        def count(execute: Any, *rest: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*rest)

        try:
            with connection.execute_wrapper(count):
                act()
            os._exit(0)
        finally:
            os._exit(1)  # an error of the act; its traceback is lost, the status is not
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)
    return status == 0


def until_it_ends(act: Callable[[], Any], *, strides: tuple[int, ...] = (1, 2, 3, 5)) -> int:
    """Kill the act again and again, each time a little later, until it comes to its end; return how often."""
    statement = kills = 0
    while True:
        statement += strides[kills % len(strides)]
        if killed_at(statement, act):
            return kills
        kills += 1


@pytest.mark.django_db(transaction=True)
def test_a_close_that_is_killed_again_and_again_issues_and_mails_each_statement_once() -> None:
    world = World.build()
    for organisation in (world.acme, world.other):
        grant(organisation, 100, key=organisation.slug)
        hold(organisation, 30, source=f"job:{organisation.slug}:1")
        hold_settle(source=f"job:{organisation.slug}:1", network_micro=CREDIT, seconds=60, now=NOW)

    def act() -> None:
        month_close(month=NOVEMBER, now=OVER)
        statements_sweep(now=OVER + LATER)

    assert until_it_ends(act) > 5
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

    def act() -> None:
        for one in due:
            invoice_issue(invoice_due_id=one, now=NOW)

    assert until_it_ends(act) > 5
    assert invoices_sweep(now=NOW + LATER) == 0
    assert list(Invoice.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3]
    assert Mail.objects.filter(key__startswith="invoice:").count() == 3
