"""The finance side for programs: what there is, what was used, what may be spent, what it costs, and documents."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.models import Budget, Cap, InvoiceDue, Lot, Quote
from apps.billing.services import hold_settle, invoice_issue, lot_grant, statement_close
from apps.organisations.models import Approval, AuditEvent
from tests.billing.money import CREDIT, NOW, grant, hold, quote, rate, topup
from tests.organisations.keys import key_make
from tests.organisations.programs import ACME, Program, refused
from tests.world import World


@pytest.fixture
def bea(world: World) -> Program:
    """A program that does what Bea does, with a key of an admin's: those who do the billing alone make no keys."""
    return Program(key_make(world.adam, "balance.view", "billing.view", "billing.manage", "caps.manage").token)


@pytest.fixture
def mia(world: World) -> Program:
    """A program that sees the balance alone."""
    return Program(key_make(world.mia, "balance.view").token)


def used(world: World) -> None:
    """Let a job hold 30 of 100 credits and cost 10 and 5 %, and another one hold 30."""
    grant(world.acme, 100)
    hold(world.acme, 30)
    hold_settle(source="job:1:1", network_micro=10 * CREDIT, seconds=60, now=NOW)
    hold(world.acme, 30, source="job:2:1")


def test_the_balance_is_what_may_be_spent_is_held_and_is_frozen(world: World, mia: Program) -> None:
    used(world)
    found = {"available_micro": 59_500_000, "held_micro": 30 * CREDIT, "frozen_micro": 0}
    assert mia.get(f"{ACME}/balance").json() == found


def test_lots_holds_and_transfers_are_told_by_pages(world: World, bea: Program) -> None:
    used(world)
    grant(world.acme, 5, key="more")
    page = bea.get(f"{ACME}/lots", limit="1").json()
    assert [lot["granted_micro"] for lot in page["items"]] == [5 * CREDIT]
    rest = bea.get(f"{ACME}/lots", cursor=page["next_cursor"]).json()
    assert ([lot["remaining_micro"] for lot in rest["items"]], rest["next_cursor"]) == ([59_500_000], None)
    open_ones = bea.get(f"{ACME}/holds", state="open").json()["items"]
    assert [(one["source"], one["amount_micro"]) for one in open_ones] == [("job:2:1", 30 * CREDIT)]
    project = world.acme.projects.get()
    hold(world.acme, 1, source="job:3:1", project=project)
    found = [*bea.get(f"{ACME}/holds", state="open").json()["items"], *rest["items"]]
    named = [(one["project"], one["project_slug"]) for one in found]
    assert named == [(str(project.id), project.slug), (None, None), (None, None)]
    kinds = [one["kind"] for one in bea.get(f"{ACME}/transfers").json()["items"]]
    assert kinds == ["hold", "grant", "hold", "settlement", "hold", "grant"]


def test_usage_is_added_up_and_streamed_as_csv(world: World, bea: Program) -> None:
    used(world)
    days = {"since": "2026-11-01", "until": "2026-11-30"}
    sums = bea.get(f"{ACME}/usage", **days).json()
    assert [(row["name"], row["amount_micro"]) for row in sums["items"]] == [("2026-11-02", 10_500_000)]
    by_job = bea.get(f"{ACME}/usage", by="job", **days).json()
    assert [row["name"] for row in by_job["items"]] == ["Train"]
    lines = b"".join(bea.get(f"{ACME}/usage.csv", **days).streaming_content).decode().splitlines()
    assert (len(lines), "job:1:1" in lines[1]) == (2, True)


@pytest.mark.parametrize(
    "question",
    [{"since": "2026-12-01", "until": "2026-11-01"}, {"since": "1999-01-01", "until": "1999-02-01"}],
)
def test_days_that_cannot_be_are_refused(bea: Program, question: dict[str, str]) -> None:
    refused(bea.get(f"{ACME}/usage", **question), 422, "period_unknown", "These days cannot be")


def test_a_question_that_is_none_is_refused(bea: Program) -> None:
    for question in ({"by": "colour"}, {"since": "yesterday"}, {"who": "me"}):
        assert bea.get(f"{ACME}/usage", **question).status_code == 400


def test_a_cap_is_set_shown_lowered_and_removed(world: World, bea: Program, mia: Program) -> None:
    body = {"level": "organisation", "period": "month", "limit_micro": 50 * CREDIT}
    made = bea.send("PUT", f"{ACME}/caps", body).json()
    bea.send("PUT", f"{ACME}/caps", {**body, "limit_micro": 40 * CREDIT})
    (shown,) = mia.get(f"{ACME}/caps").json()["items"]
    assert (shown["id"], shown["limit_micro"], shown["left_micro"]) == (made["id"], 40 * CREDIT, 40 * CREDIT)
    assert bea.send("DELETE", f"{ACME}/caps/{made['id']}", {}).status_code == 204
    refused(bea.send("DELETE", f"{ACME}/caps/{made['id']}", {}), 404, "not_found")
    assert not Cap.objects.exists()


def test_a_raise_above_the_organisations_limit_answers_the_approval_it_waits_for(
    world: World, bea: Program
) -> None:
    body = {"level": "organisation", "period": "month", "limit_micro": 5 * CREDIT}
    bea.send("PUT", f"{ACME}/caps", body)
    world.acme.approval_cap_micro = 10 * CREDIT
    world.acme.save()
    answer = bea.send("PUT", f"{ACME}/caps", {**body, "limit_micro": 50 * CREDIT, "reason": "month end"})
    assert (answer.status_code, answer.json()) == (202, {"approval": str(Approval.objects.get().pk)})
    assert Cap.objects.get().limit_micro == 5 * CREDIT


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit_micro": -1},
        {"limit_micro": 1.5},
        {"level": "planet"},
        {"period": "decade"},
        {"level": "project", "subject": "nobody"},
        {"colour": "red"},
    ],
)
def test_a_cap_that_cannot_be_is_refused_and_none_is_set(bea: Program, wrong: dict[str, Any]) -> None:
    body = {"level": "organisation", "period": "month", "limit_micro": 5 * CREDIT, **wrong}
    answer = bea.send("PUT", f"{ACME}/caps", body)
    assert answer.status_code in (400, 404, 422)
    assert answer["Content-Type"] == "application/problem+json"
    assert not Cap.objects.exists()


def test_a_budget_names_who_is_told_by_address(world: World, bea: Program) -> None:
    body = {"level": "organisation", "period": "month", "limit_micro": CREDIT, "people": [world.olga.email]}
    made = bea.send("PUT", f"{ACME}/budgets", body).json()
    (shown,) = bea.get(f"{ACME}/budgets").json()["items"]
    assert (shown["marks"], shown["people"]) == ([50, 80, 100], [world.olga.email])
    stranger = bea.send("PUT", f"{ACME}/budgets", {**body, "people": [world.xena.email]})
    refused(stranger, stranger.status_code, "limit_refused", "is no member of Acme")
    assert bea.send("DELETE", f"{ACME}/budgets/{made['id']}", {}).status_code == 204
    assert not Budget.objects.exists()


def test_a_price_is_locked_once_per_key(world: World, bea: Program) -> None:
    rate(at=timezone.now())
    body = {"currency": "EUR", "net_minor": 10_000}
    first, again = (bea.post(f"{ACME}/quotes", body, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, first.json()["total_minor"], first.json()["credits_micro"]) == (
        201,
        12_100,
        233_426_704,
    )
    assert again.json() == first.json()
    assert Quote.objects.count() == 1
    refused(bea.post(f"{ACME}/quotes", {**body, "currency": "CHF"}), 400, "quote_refused")
    refused(bea.post(f"{ACME}/quotes", {**body, "net_minor": 1}), 400, "quote_refused", "between €10.00 and")
    refused(bea.post(f"{ACME}/quotes", {**body, "net_minor": "10000"}), 400, "invalid", "without quotes")
    assert Quote.objects.count() == 1


def test_invoices_are_listed_shown_and_downloaded(world: World, bea: Program) -> None:
    topup(world.acme)
    issued = invoice_issue(invoice_due_id=InvoiceDue.objects.get().pk, now=NOW)
    (row,) = bea.get(f"{ACME}/invoices").json()["items"]
    assert (row["number"], row["total_minor"]) == (issued.number, 12_100)
    assert bea.get(f"{ACME}/invoices/{issued.number}").json()["vat_rule"] == "domestic"
    assert bea.get(f"{ACME}/invoices/{issued.number}.pdf").content.startswith(b"%PDF")
    assert b"<cbc:ID>" in bea.get(f"{ACME}/invoices/{issued.number}.xml").content
    refused(bea.get(f"{ACME}/invoices/NW-1999-000001"), 404, "not_found")


def test_lists_are_narrowed_to_a_span_of_time(world: World, bea: Program) -> None:
    grant(world.acme, 1_000_000)
    for path in ("transfers", "invoices", "credit-notes", "statements", "top-ups", "refunds"):
        whole = bea.get(f"{ACME}/{path}").json()["items"]
        assert bea.get(f"{ACME}/{path}", since="2020-01-01T00:00:00Z").json()["items"] == whole, path
        assert bea.get(f"{ACME}/{path}", until="2020-01-01T00:00:00Z").json()["items"] == [], path
        refused(bea.get(f"{ACME}/{path}", since="yesterday"), 400, "invalid", "since")
    assert bea.get(f"{ACME}/transfers").json()["items"] != []
    assert bea.get(f"{ACME}/top-ups", state="paid").json()["items"] == []
    refused(bea.get(f"{ACME}/top-ups", state="lost"), 400, "invalid")


def test_a_statement_is_listed_shown_and_downloaded(world: World, bea: Program) -> None:
    used(world)
    over = NOW + timedelta(days=40)
    statement_close(organisation_id=world.acme.id, month=NOW.date().replace(day=1), now=over)
    (row,) = bea.get(f"{ACME}/statements").json()["items"]
    assert (row["month"], row["closing_micro"]) == ("2026-11", 89_500_000)
    assert bea.get(f"{ACME}/statements/2026-11").json()["data"]["title"] == "Statement November 2026"
    assert bea.get(f"{ACME}/statements/2026-11.pdf").content.startswith(b"%PDF")
    assert b"job:1:1" in b"".join(bea.get(f"{ACME}/statements/2026-11.csv").streaming_content)
    refused(bea.get(f"{ACME}/statements/2026-10"), 404, "not_found")


@pytest.mark.parametrize("address", ["lots", "holds", "transfers", "usage", "budgets", "invoices", "statements"])
def test_who_may_not_see_the_billing_is_refused_and_outsiders_learn_nothing(
    world: World, mia: Program, address: str
) -> None:
    quote(world.acme)
    refused(mia.get(f"{ACME}/{address}"), 403, "denied")
    xena = Program(key_make(world.xena, "billing.view").token)
    refused(xena.get(f"{ACME}/{address}"), 404, "not_found")


@pytest.mark.parametrize(("address", "count"), [("balance", 6), ("lots", 6), ("transfers", 6), ("caps", 8)])
def test_each_list_takes_a_known_number_of_queries(
    world: World, bea: Program, django_assert_max_num_queries: Any, address: str, count: int
) -> None:
    used(world)
    for number in range(5):
        lot_grant(
            organisation_id=world.acme.id,
            kind=Lot.Kind.PROMOTIONAL,
            micro=1,
            key=f"k{number}",
            now=NOW,
            expires_at=None,
        )
    with django_assert_max_num_queries(count):
        assert bea.get(f"{ACME}/{address}").status_code == 200


def test_billing_details_are_changed_by_who_does_the_billing(world: World, bea: Program, mia: Program) -> None:
    place, first = f"{ACME}/billing-details", {"po_number": "4711", "vat_id": "NL 0000.99998 B57"}
    changed = bea.send("PATCH", place, first).json()
    assert (changed["po_number"], changed["vat_id"], changed["legal_name"]) == ("4711", "NL000099998B57", "Acme")
    assert bea.get(place).json() == changed
    for wrong in ({"vat_id": "NL1"}, {"country": "XX"}, {"finance_email": "me"}, {"name": "Other"}):
        answer = bea.send("PATCH", place, {"po_number": "1", **wrong})
        assert [*answer.json()["fields"]] == [*wrong]
    refused(mia.send("PATCH", place, {"po_number": "1"}), 403, "denied")
    xena = Program(key_make(world.xena, "billing.manage").token)
    refused(xena.send("PATCH", place, {"po_number": "1"}), 404, "not_found")
    bea.send("PATCH", place, first)
    assert bea.get(place).json() == changed
    assert AuditEvent.objects.filter(act="billing.details_changed").count() == 1
