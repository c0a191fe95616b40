"""Credit notes: within their invoice, numbered without gaps, once."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.billing.errors import AmountInvalid, CreditExceedsInvoice, InvoiceUnknown
from apps.billing.models import CreditNote, CreditNoteDue, Invoice, InvoiceDue
from apps.billing.services import credit_note_due, credit_note_issue, credit_notes_sweep
from apps.billing.services.credit_notes import credit_note_number
from apps.core.errors import KeyReused
from apps.core.models import Mail
from apps.users.models import User
from tests.billing.money import NOW, topup
from tests.billing.test_invoices import words
from tests.ledger.threads import at_once
from tests.world import World

LATER = NOW + timedelta(minutes=2)


def credit(net: int = 4_000, vat: int = 840, *, key: str = "refund:1", topup_id: str = "t1") -> CreditNoteDue:
    return credit_note_due(topup_id=topup_id, net_minor=net, vat_minor=vat, key=key, now=NOW)


def test_a_refund_ends_as_a_mailed_credit_note_of_its_own_series(world: World, drain: Callable[[], int]) -> None:
    topup(world.acme)
    credit()
    drain()
    note = CreditNote.objects.get()
    assert re.fullmatch(r"NW-CN-\d{4}-000001", note.number)
    assert (note.invoice, note.total_minor) == (Invoice.objects.get(), 4_840)
    mail = Mail.objects.get(key=f"credit-note:{note.number}")
    assert mail.subject == f"Credit note {note.number} over €48.40"
    assert note.invoice.number in mail.text
    assert note.due.finished_at is not None
    assert set(mail.attachments.values_list("name", flat=True)) == {f"{note.number}.pdf", f"{note.number}.xml"}


def test_its_reason_is_told_in_the_readers_language(world: World, drain: Callable[[], int]) -> None:
    User.objects.filter(pk=world.olga.pk).update(language="de")
    topup(world.acme)
    credit()
    drain()
    assert "wird korrigiert. Grund: Erstattung." in Mail.objects.get(key__startswith="credit-note:").text
    german = world.client(world.olga).get("/o/acme/billing/credit-notes/").content.decode()
    assert "Erstattung</td>" in german


def test_the_pdf_names_the_invoice_the_amounts_and_the_reason(world: World) -> None:
    topup(world.acme)
    note = credit_note_issue(credit_note_due_id=credit().id, now=LATER)
    text = words(bytes(note.pdf or b""))
    for word in (
        "Credit note",
        "NW-CN-2026-000001",
        "NW-2026-000001",
        "€40.00",
        "VAT 21 % on",
        "€48.40",
        "Refund",
    ):
        assert word in text


def test_the_same_key_is_the_same_credit_note(world: World) -> None:
    topup(world.acme)
    assert credit() == credit()
    with pytest.raises(KeyReused):
        credit(net=1)
    assert CreditNoteDue.objects.count() == 1


@pytest.mark.parametrize(("net", "vat"), [(10_001, 0), (6_001, 0), (0, 1_261)])
def test_no_more_is_credited_than_was_invoiced(world: World, net: int, vat: int) -> None:
    topup(world.acme)
    credit()
    with pytest.raises(CreditExceedsInvoice, match=r"€60.00 and €12.60 VAT can still be credited"):
        credit(net, vat, key="refund:2")
    assert CreditNoteDue.objects.count() == 1


@pytest.mark.parametrize(("net", "vat"), [(0, 0), (-1, 5), (1.5, 0), (10**30, 0)])
def test_what_is_no_amount_is_refused(world: World, net: int, vat: int) -> None:
    topup(world.acme)
    with pytest.raises((AmountInvalid, CreditExceedsInvoice)):
        credit(net, vat)


def test_a_topup_without_an_invoice_is_refused(world: World) -> None:
    with pytest.raises(InvoiceUnknown):
        credit(topup_id="nothing")


def test_the_database_refuses_what_the_service_did_not(world: World) -> None:
    topup(world.acme)
    credit()
    row = {"organisation": world.acme, "invoice_due": InvoiceDue.objects.get(), "reason": "", "created_at": NOW}
    with pytest.raises(IntegrityError, match="would exceed"), transaction.atomic():
        CreditNoteDue.objects.create(key="x", net_minor=6_001, vat_minor=0, **row)
    with pytest.raises(IntegrityError, match="cannot change"), transaction.atomic():
        CreditNoteDue.objects.update(net_minor=1)


@pytest.mark.parametrize("change", [{"total_minor": 1}, {"number": "X"}, {"data": {}}, {"pdf": b"other"}])
def test_an_issued_credit_note_cannot_change(world: World, change: dict[str, object]) -> None:
    topup(world.acme)
    credit_note_issue(credit_note_due_id=credit().id, now=LATER)
    with pytest.raises(IntegrityError, match="cannot change"), transaction.atomic():
        CreditNote.objects.update(**change)
    with pytest.raises(IntegrityError, match="cannot change"), transaction.atomic():
        CreditNote.objects.all().delete()


def test_the_sweep_finishes_what_a_crash_left_at_any_step(world: World) -> None:
    topup(world.acme)
    dues = [credit(1_000, 210, key=f"refund:{n}") for n in range(3)]
    credit_note_issue(credit_note_due_id=dues[2].id, now=LATER)  # done
    credit_note_number(credit_note_due_id=dues[1].id, now=LATER)  # crashed after its number
    assert credit_notes_sweep(now=NOW) == 0  # too early: the tasks are still at it
    assert (credit_notes_sweep(now=LATER), credit_notes_sweep(now=LATER)) == (2, 0)
    assert sorted(CreditNote.objects.values_list("sequence", flat=True)) == [1, 2, 3]
    assert Mail.objects.filter(key__startswith="credit-note:").count() == 3
    assert all(note.pdf for note in CreditNote.objects.all())


@pytest.mark.django_db(transaction=True)
def test_of_16_refunds_at_once_those_fit_that_the_invoice_holds() -> None:
    topup(World.build().acme)
    results = at_once(16, lambda index: credit(3_000, 630, key=f"refund:{index}"))
    assert sum(isinstance(result, CreditNoteDue) for result in results) == 3
    assert sum(isinstance(result, CreditExceedsInvoice) for result in results) == 13


@pytest.mark.django_db(transaction=True)
def test_credit_notes_issued_at_once_are_numbered_without_gap_or_twin() -> None:
    topup(World.build().acme)
    dues = [credit(1_000, 210, key=f"refund:{n}").id for n in range(4)]
    results = at_once(16, lambda index: credit_note_issue(credit_note_due_id=dues[index % 4], now=NOW))
    assert not [result for result in results if isinstance(result, Exception)]
    assert sorted(CreditNote.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4]
