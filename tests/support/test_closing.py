"""A month's close: steps ticked by fact, signed by somebody, and files that tie to the books."""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client

from apps.billing import chart
from apps.billing.models import CreditNoteDue, InvoiceDue
from apps.billing.services import credit_note_issue, invoice_issue, topup_refund, treasury_fund
from apps.ledger.selectors import balance
from apps.support.closing.acts import CloseRefused, month_sign, month_unsign
from apps.support.closing.exports import chart_csv, documents_csv, postings_csv, vat_lines
from apps.support.closing.steps import checklist
from apps.support.models import MonthAct, ReconciliationDay, ReconciliationItem
from apps.users.models import User
from tests.billing.money import NOW, topup
from tests.world import World

MONTH, AFTER = date(2026, 11, 1), datetime(2026, 12, 3, tzinfo=UTC)


@pytest.fixture
def sam(world: World) -> User:
    return User.objects.create_superuser("sam@nosana-web.example", "x", name="Sam")


@pytest.fixture
def booked(world: World) -> World:
    """Two top-ups in two currencies, of one a third went back; all documents are issued."""
    treasury_fund(micro=5, reference="f", now=NOW)
    topup(world.acme, "t1", 10_000)
    topup(world.other, "t2", 5_001)
    topup_refund(topup_id="t1", refunded_minor=4_033, now=NOW + timedelta(hours=1))
    for due in InvoiceDue.objects.all():
        invoice_issue(invoice_due_id=due.id, now=NOW)
    for note in CreditNoteDue.objects.all():
        credit_note_issue(credit_note_due_id=note.id, now=NOW)
    return world


def table(lines: object) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO("".join(lines))))  # type: ignore[call-overload]


def test_the_files_tie_to_the_books_and_to_each_other(booked: World, tmp_path: Path) -> None:
    postings, accounts = table(postings_csv(MONTH)), table(chart_csv(MONTH))
    for row in accounts:
        if not row["account"].startswith("org:"):
            scale = 6 if row["currency"] == "NOS" else 2
            assert Decimal(row["closing"]).scaleb(scale) == balance(row["account"]), row["account"]
            lines = [one["amount"] for one in postings if one["account"] == row["account"]]
            assert sum(map(Decimal, lines)) == Decimal(row["change"]), row["account"]
        assert row["what_stands_there"], row["account"]
    for currency in ("NOS", "EUR"):
        assert sum(Decimal(one["amount"]) for one in postings if one["currency"] == currency) == 0
        assert sum(Decimal(one["closing"]) for one in accounts if one["currency"] == currency) == 0
    lines = vat_lines(MONTH).values()
    assert sum(line.vat for line in lines) == sum(line.vat_home for line in lines) == -balance(chart.vat("EUR"))
    assert sum(line.net for line in lines) == -balance(chart.fx("EUR"))
    documents = table(documents_csv(MONTH))
    assert [(one["document"], one["net"], one["vat"]) for one in documents] == [
        ("invoice", "100.00", "21.00"),
        ("invoice", "50.01", "10.50"),
        ("credit note", "-33.33", "-7.00"),
    ]
    assert documents[2]["credits_invoice"] == documents[0]["number"]
    call_command("accountant_export", "2026-11", "--to", str(tmp_path), stdout=StringIO())
    assert (tmp_path / "postings-2026-11.csv").read_bytes().decode() == "".join(postings_csv(MONTH))
    assert table(chart_csv(date(2026, 12, 1)))[0]["change"] in ("0.00", "0.000000")


def test_a_month_is_signed_once_and_with_open_steps_only_with_a_reason(booked: World, sam: User) -> None:
    shown = checklist(MONTH, now=AFTER)
    assert [step.done for step in shown.steps] == [False, False, True, False, False, False]
    with pytest.raises(CloseRefused, match="not over"):
        month_sign(month=MONTH, reason="Early", user=sam, now=NOW)
    with pytest.raises(CloseRefused, match="All days are reconciled"):
        month_sign(month=MONTH, reason=" ", user=sam, now=AFTER)
    month_sign(month=MONTH, reason="The bank is late", user=sam, now=AFTER)
    with pytest.raises(CloseRefused, match="before"):
        month_sign(month=MONTH, reason="Again", user=sam, now=AFTER)
    act = MonthAct.objects.get()
    assert (act.user, act.reason, len(act.left)) == (sam, "The bank is late", 5)
    month_unsign(month=MONTH, reason="Too early", user=sam, now=AFTER)
    assert [one.act for one in MonthAct.objects.all()] == ["signed", "opened"]


def test_days_are_reconciled_once_each_was_read_and_nothing_is_open(booked: World) -> None:
    for number in range(2, 31):
        day = date(2026, 11, number)
        ReconciliationDay.objects.create(day=day, finished_at=AFTER)
    assert checklist(MONTH, now=AFTER).steps[0].done
    facts = {
        "pair": "stripe",
        "side": "stripe",
        "kind": "other",
        "reference": "txn_1",
        "match": "m",
        "currency": "EUR",
    }
    item = ReconciliationItem.objects.create(day=date(2026, 11, 2), at=NOW, amount=5, **facts)
    assert not checklist(MONTH, now=AFTER).steps[0].done
    item.delete()
    ReconciliationDay.objects.filter(day=date(2026, 11, 9)).update(finished_at=None)
    assert not checklist(MONTH, now=AFTER).steps[0].done


def test_the_pages_show_sign_and_draw_for_those_who_may(booked: World, sam: User) -> None:
    facts = {
        "pair": "stripe",
        "side": "stripe",
        "kind": "payment",
        "reference": "txn_1",
        "match": "m",
        "amount": 5,
    }
    item = ReconciliationItem.objects.create(day=date(2026, 11, 2), at=NOW, currency="EUR", **facts)
    ReconciliationDay.objects.create(day=item.day, finished_at=NOW)
    boss, reader = Client(), Client()
    boss.force_login(sam)
    pages = ["reconciliation/", "reconciliation/2026-11-02/", "reconciliation/items/?age=7&owner=me", "months/"]
    pages += [
        "months/2026-11/",
        f"reconciliation/items/{item.pk}/",
        "months/2026-11/postings.csv",
        "months/2026-11/chart.csv",
    ]
    assert [(page, boss.get(f"/admin/{page}").status_code) for page in pages] == [(page, 200) for page in pages]
    missing = [
        "reconciliation/nonsense/",
        "reconciliation/2026-01-01/",
        "reconciliation/items/999999999/",
        "months/x/",
    ]
    assert {boss.get(f"/admin/{page}").status_code for page in missing} == {404}
    place = f"/admin/reconciliation/items/{item.pk}/"
    assert boss.post(f"{place}resolve/", {"reason": "Seen"}).status_code == 422
    boss.post(f"{place}owner/", {"owner": sam.pk})
    boss.post(f"{place}comment/", {"text": "<b>Asked Stripe</b>"})
    boss.post(f"{place}resolve/", {"reason": "Paid by hand", "act": "payout po_1"})
    item.refresh_from_db()
    assert (item.owner, item.open, item.resolution, item.notes.count()) == (sam, False, "Paid by hand", 3)
    assert "&lt;b&gt;Asked" in boss.get(place).content.decode()
    assert "NL" in b"".join(boss.post("/admin/months/2026-11/vat.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert MonthAct.objects.get().act == "vat"
    rita = User.objects.create_user("rita@nosana-web.example", name="Rita", is_staff=True)
    rita.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_reconciliationitem", "view_monthclose"])
    )
    reader.force_login(rita)
    assert reader.get(place).status_code == 200
    posts = [f"{place}comment/", f"{place}reopen/", "/admin/months/2026-11/sign/", "/admin/months/2026-11/vat.csv"]
    assert {reader.post(page, {"text": "x", "reason": "x"}).status_code for page in posts} == {403}
    assert (item.notes.count(), MonthAct.objects.count()) == (3, 1)
    assert booked.client(booked.olga).get(place).status_code == 302
