"""From a paid top-up to the invoice in the mailbox, whatever crashes in between."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from pypdf import PdfReader

from apps.billing.models import Invoice, InvoiceCounter, InvoiceDue
from apps.billing.selectors import document_get, invoices_of
from apps.billing.services import invoice_issue, invoices_sweep
from apps.billing.services.invoices import invoice_number
from apps.core.errors import NotFound
from apps.core.models import Mail
from tests.billing.money import NOW, topup
from tests.world import World

LATER = NOW + timedelta(minutes=2)


def due(topup_id: str = "t1") -> InvoiceDue:
    return InvoiceDue.objects.get(topup_id=topup_id)


def words(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_topup_ends_as_a_mailed_invoice(world: World, drain: Callable[[], int]) -> None:
    topup(world.acme)
    drain()
    invoice = invoices_of(world.acme).get()
    assert invoice.number.endswith("-000001")
    mail = Mail.objects.get(key=f"invoice:{invoice.number}")
    assert (mail.to, mail.subject) == ("olga@acme.example", f"Invoice {invoice.number} over €121.00, paid")
    assert "233.426704 credits are ready" in mail.text
    assert f"<strong>{invoice.number}</strong>" in mail.html
    files = {file.name: bytes(file.content)[:5] for file in mail.attachments.all()}
    assert files == {f"{invoice.number}.pdf": b"%PDF-", f"{invoice.number}.xml": b"<?xml"}
    assert due().finished_at is not None


def test_the_pdf_says_what_an_accountant_looks_for(world: World) -> None:
    world.acme.legal_name, world.acme.address = "Acme #1 [Machines] *B.V.*", "Dam 1\n1012 JS Amsterdam"
    world.acme.vat_id = "NL001234567B01"
    world.acme.save()
    topup(world.acme)
    text = words(bytes(invoice_issue(invoice_due_id=due().id, now=LATER).pdf or b""))
    for word in (
        "NW-2026-000001",
        "2 November 2026",
        "Acme #1 [Machines] *B.V.*",
        "1012 JS Amsterdam",
        "NL001234567B01",
        "NL000099998B57",
        "233.426704",
        "€0.4284",
        "€100.00",
        "VAT 21 % on €100.00",
        "€121.00",
        "Paid by card",
        "pi_1",
    ):
        assert word in text


def test_no_vat_is_explained(world: World) -> None:
    world.acme.country = "US"
    world.acme.save()
    topup(world.acme)
    text = words(bytes(invoice_issue(invoice_due_id=due().id, now=LATER).pdf or b""))
    assert "outside the European Union" in text
    assert "United States" in text


def test_the_invoice_says_what_was_true_when_the_money_came(world: World) -> None:
    topup(world.acme)
    world.acme.legal_name = "Renamed"
    world.acme.save()
    assert invoice_issue(invoice_due_id=due().id, now=LATER).data["buyer"]["name"] == "Acme"


def test_issuing_twice_is_issuing_once(world: World) -> None:
    topup(world.acme)
    first = invoice_issue(invoice_due_id=due().id, now=LATER)
    assert invoice_issue(invoice_due_id=due().id, now=LATER) == first
    assert (Invoice.objects.count(), Mail.objects.filter(key__startswith="invoice:").count()) == (1, 1)
    assert InvoiceCounter.objects.get().last == 1


def test_the_sweep_finishes_what_a_crash_left_at_any_step_without_a_gap(world: World) -> None:
    for number in range(3):
        topup(world.acme, f"t{number}")
    invoice_issue(invoice_due_id=due("t2").id, now=LATER)  # done
    invoice_number(invoice_due_id=due("t1").id, now=LATER)  # crashed after its number
    assert invoices_sweep(now=NOW) == 0  # too early: the tasks are still at it
    assert invoices_sweep(now=LATER) == 2
    assert invoices_sweep(now=LATER) == 0
    assert sorted(invoices_of(world.acme).values_list("sequence", flat=True)) == [1, 2, 3]
    assert all(invoice.pdf for invoice in Invoice.objects.all())
    assert Mail.objects.filter(key__startswith="invoice:").count() == 3


def test_one_broken_invoice_stops_no_other_and_uses_no_number(world: World) -> None:
    topup(world.acme, "t1")
    topup(world.acme, "t2")
    InvoiceDue.objects.filter(topup_id="t1").update(facts={"series_prefix": "NW"})
    assert invoices_sweep(now=LATER) == 1
    assert invoices_of(world.acme).get().sequence == 1


def test_each_year_of_a_seller_counts_from_one(world: World) -> None:
    for topup_id in ("t1", "t2"):
        topup(world.acme, topup_id)
    invoice_issue(invoice_due_id=due("t1").id, now=datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    invoice_issue(invoice_due_id=due("t2").id, now=datetime(2027, 1, 1, tzinfo=UTC))
    assert sorted(invoices_of(world.acme).values_list("number", flat=True)) == ["NW-2026-000001", "NW-2027-000001"]


@pytest.mark.parametrize("change", [{"total_minor": 1}, {"number": "X"}, {"data": {}}, {"pdf": b"other"}])
def test_an_issued_invoice_cannot_change(world: World, change: dict[str, object]) -> None:
    topup(world.acme)
    invoice_issue(invoice_due_id=due().id, now=LATER)
    with pytest.raises(IntegrityError, match="was issued and cannot change"), transaction.atomic():
        Invoice.objects.update(**change)
    with pytest.raises(IntegrityError, match="was issued and cannot change"), transaction.atomic():
        Invoice.objects.all().delete()


def test_another_organisations_invoice_is_not_found(world: World) -> None:
    topup(world.acme)
    number = invoice_issue(invoice_due_id=due().id, now=LATER).number
    with pytest.raises(NotFound):
        document_get(Invoice, world.other, number)


def test_without_a_finance_address_the_owner_gets_the_invoice(world: World) -> None:
    world.acme.finance_email = ""
    world.acme.save()
    topup(world.acme)
    invoice_issue(invoice_due_id=due().id, now=LATER)
    assert Mail.objects.get(key__startswith="invoice:").to == world.olga.email
