"""Pages of invoices, credit notes, statements and billing details: what they show, take and refuse."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from xml.etree import ElementTree

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse

from apps.billing.models import InvoiceDue, VatCheck
from apps.billing.services import (
    billing_details_change,
    credit_note_due,
    credit_note_issue,
    invoice_issue,
    statement_close,
)
from apps.core.errors import NotFound
from apps.core.models import Mail
from apps.organisations.models import AuditEvent, Membership, Organisation
from apps.organisations.services import Actor
from tests.billing.money import NOW, topup
from tests.billing.test_statements import NOVEMBER, OVER, job
from tests.world import World

BILLING = "/o/acme/billing/"
INVOICES, NOTES, STATEMENTS, DETAILS = (
    f"{BILLING}{part}/" for part in ("invoices", "credit-notes", "statements", "details")
)


@pytest.fixture
def number(world: World) -> str:
    """The number of Acme's only invoice, with a PO number."""
    world.acme.po_number, world.acme.cost_centre = "PO-77", "R&D"
    world.acme.save()
    topup(world.acme)
    return invoice_issue(invoice_due_id=InvoiceDue.objects.get().id, now=NOW).number


@pytest.fixture
def note(number: str) -> str:
    """The number of a credit note over part of it."""
    due = credit_note_due(topup_id="t1", net_minor=4_000, vat_minor=840, key="refund:1", now=NOW)
    return credit_note_issue(credit_note_due_id=due.id, now=NOW).number


def said(answer: HttpResponse) -> list[str]:
    """Return the sentences a page brings."""
    return [str(message) for message in get_messages(answer.wsgi_request)]  # type: ignore[attr-defined]


def streamed(answer: object) -> str:
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("search", "found"), [("0001", True), ("po-77", True), ("PI_1", True), ("x%", False)])
def test_invoices_are_searched_by_number_po_number_and_reference(
    world: World, number: str, search: str, found: bool
) -> None:
    html = world.client(world.bea).get(INVOICES, {"q": search}).content.decode()
    assert (number in html, "No invoice fits" in html) == (found, not found)


def test_odd_searches_find_nothing_and_break_nothing(world: World, number: str) -> None:
    for search in ("ü" * 1000, "<b>", "%"):
        assert world.client(world.bea).get(INVOICES, {"q": search}).status_code == 200


def test_an_invoice_downloads_as_xml_and_json(world: World, number: str) -> None:
    client = world.client(world.bea)
    xml = client.get(f"{INVOICES}{number}.xml")
    assert xml["Content-Disposition"] == f'attachment; filename="{number}.xml"'
    assert ElementTree.fromstring(xml.content).tag.endswith("}Invoice")
    assert client.get(f"{INVOICES}{number}.json").json()["po_number"] == "PO-77"


def test_a_credit_note_is_listed_and_downloads(world: World, note: str) -> None:
    client = world.client(world.bea)
    html = client.get(NOTES).content.decode()
    assert (note in html, "NW-2026-000001" in html, "€48.40" in html) == (True, True, True)
    assert client.get(f"{NOTES}{note}.pdf").content.startswith(b"%PDF")
    assert ElementTree.fromstring(client.get(f"{NOTES}{note}.xml").content).tag.endswith("}CreditNote")
    assert client.get(f"{NOTES}{note}.json").json()["total_minor"] == 4_840


def test_an_invoice_is_sent_again_three_times_a_day_at_most(world: World, number: str) -> None:
    client = world.client(world.bea)
    answer = client.post(f"{INVOICES}{number}/send/")
    assert said(answer) == [f"Invoice {number} is on its way to olga@acme.example."]
    client.post(f"{INVOICES}{number}/send/")  # a second press
    sent = Mail.objects.filter(key__contains=":again:")
    assert (sent.count(), AuditEvent.objects.filter(act="invoice.sent").count()) == (1, 1)
    day = sent.get().key.rsplit("T", 1)[0]
    for minute in ("a", "b"):
        Mail.objects.create(key=f"{day}T{minute}", to="x@y.example", subject="", text="")
    sent.filter(key=sent.order_by("id")[0].key).update(key=f"{day}Tc")
    assert "sent 3 times today" in said(client.post(f"{INVOICES}{number}/send/"))[-1]
    assert sent.count() == 3


def test_developers_and_outsiders_send_nothing(world: World, number: str) -> None:
    codes = [world.client(who).post(f"{INVOICES}{number}/send/").status_code for who in (world.mia, world.xena)]
    assert (codes, Mail.objects.filter(key__contains=":again:").count()) == ([403, 404], 0)


def test_a_statement_is_listed_and_downloads_in_three_forms(world: World, number: str) -> None:
    job(world, 10, source="job:1:1")
    statement_close(organisation_id=world.acme.id, month=NOVEMBER, now=OVER)
    client = world.client(world.bea)
    assert "November 2026" in client.get(STATEMENTS).content.decode()
    assert client.get(f"{STATEMENTS}2026-11.pdf").content.startswith(b"%PDF")
    assert streamed(client.get(f"{STATEMENTS}2026-11.csv")).startswith("time_utc,time_local,kind,")
    told = json.loads(streamed(client.get(f"{STATEMENTS}2026-11.json")))
    assert (told["month"], [line["kind"] for line in told["lines"]]) == ("2026-11", ["topup", "settlement"])
    assert client.get(f"{STATEMENTS}2026-10.csv").status_code == 404


def details(**changes: str) -> dict[str, str]:
    return {
        "legal_name": "Acme B.V.",
        "address": "Dam 1",
        "country": "NL",
        "finance_email": "ap@acme.example",
    } | changes


def test_billing_changes_the_details_and_the_trail_tells(world: World) -> None:
    client = world.client(world.bea)
    answer = client.post(DETAILS, details(po_number="PO-9", cost_centre="Lab"))
    assert said(answer) == ["Saved. New invoices show these details; issued ones stay as they are."]
    acme = Organisation.objects.get(slug="acme")
    assert (acme.legal_name, acme.po_number, acme.finance_email) == ("Acme B.V.", "PO-9", "ap@acme.example")
    client.post(DETAILS, details(po_number="PO-9", cost_centre="Lab"))
    assert AuditEvent.objects.filter(act="billing.details_changed").count() == 1


def test_who_is_no_member_any_more_at_that_moment_changes_no_details(world: World) -> None:
    bea = Membership.objects.select_related("organisation", "user").get(user=world.bea)
    Membership.objects.filter(pk=bea.pk).delete()  # as an admin does between her page and her act
    with pytest.raises(NotFound):
        billing_details_change(
            membership=bea, details={"legal_name": "Bea B.V."}, actor=Actor.person(world.bea), now=NOW
        )
    assert Organisation.objects.get(pk=world.acme.pk).legal_name == "Acme"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("vat_id", "NL123456789B02", "check digit is wrong"),
        ("vat_id", "DE136695976", "starts with NL"),
        ("country", "XX", "not one of the available choices"),
        ("po_number", "x" * 61, "at most 60 characters"),
        ("legal_name", "a\0b", "Null characters are not allowed"),
        ("finance_email", "nobody", "valid email"),
    ],
)
def test_bad_details_are_told_and_nothing_changes(world: World, field: str, value: str, sentence: str) -> None:
    answer = world.client(world.bea).post(DETAILS, details(**{field: value}))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Organisation.objects.get(slug="acme").legal_name == "Acme"


def test_developers_and_outsiders_change_no_details(world: World) -> None:
    codes = [world.client(who).post(DETAILS, details()).status_code for who in (world.mia, world.xena)]
    assert (codes, Organisation.objects.get(slug="acme").legal_name) == ([403, 404], "Acme")


def test_a_new_vat_id_is_asked_about_and_its_state_shows(world: World) -> None:
    client = world.client(world.bea)
    client.post(DETAILS, details(country="DE", vat_id="DE 136.695.976"))
    html = client.get(DETAILS).content.decode()
    assert VatCheck.objects.get().vat_id == "DE136695976"
    assert ("Waiting" in html, "VIES has not confirmed" in html) == (True, True)


def test_asking_vies_again_asks_once(world: World) -> None:
    client = world.client(world.bea)
    assert "add it first" in said(client.post(f"{DETAILS}check/"))[0]
    client.post(DETAILS, details(country="DE", vat_id="DE136695976"))
    client.post(f"{DETAILS}check/")
    assert VatCheck.objects.count() == 1


def test_the_pages_take_as_many_queries_for_many_rows_as_for_one(
    world: World, note: str, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    job(world, 10, source="job:1:1")
    statement_close(organisation_id=world.acme.id, month=NOVEMBER, now=OVER)
    client = world.client(world.bea)
    for page, count in ((INVOICES, 7), (NOTES, 7), (STATEMENTS, 7), (DETAILS, 5)):
        with django_assert_num_queries(
            count
        ):  # session, person, membership, rows (and views), and the frame's two
            client.get(page)
