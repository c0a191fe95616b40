"""The billing pages: who may see them, and what they show."""

import csv
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from django.test import Client

from apps.billing.models import InvoiceDue
from apps.billing.services import invoice_issue
from tests.billing.money import NOW, hold, topup
from tests.world import World

OVERVIEW, INVOICES = "/o/acme/billing/", "/o/acme/billing/invoices/"
MOVEMENTS = "/o/acme/billing/movements/"


@pytest.fixture
def number(world: World) -> str:
    """The number of Acme's only invoice."""
    topup(world.acme)
    return invoice_issue(invoice_due_id=InvoiceDue.objects.get().id, now=NOW).number


def pages(number: str) -> list[str]:
    return [OVERVIEW, INVOICES, f"{INVOICES}{number}.pdf"]


def test_owner_admin_and_billing_see_the_pages(world: World, number: str) -> None:
    for person in (world.olga, world.adam, world.bea):
        assert [world.client(person).get(page).status_code for page in pages(number)] == [200] * 3


def test_developers_and_viewers_are_refused_with_a_sentence(world: World, number: str) -> None:
    for person in (world.mia, world.victor):
        for page in pages(number):
            answer = world.client(person).get(page)
            assert answer.status_code == 403
            assert "it takes the role owner, admin or billing" in answer.content.decode()


def test_outsiders_learn_nothing(world: World, number: str) -> None:
    for page in pages(number):
        answer = world.client(world.xena).get(page)
        assert answer.status_code == 404
        assert "Acme" not in answer.content.decode()


def test_strangers_are_asked_to_sign_in(world: World, number: str, client: Client) -> None:
    for page in pages(number):
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


def test_the_overview_shows_balance_holds_lots_and_movements(world: World) -> None:
    topup(world.acme)
    hold(world.acme, 30)
    html = world.client(world.bea).get(OVERVIEW).content.decode()
    for word in (
        "203.426704",
        "30.00",
        "Paid",
        "€100.00 without VAT",
        "Top-up, €121.00 paid",
        "Reserved for Train",
        "+233.426704",
    ):
        assert word in html


def test_lists_say_whose_clock_they_tell_and_their_csv_adds_up(world: World) -> None:
    topup(world.acme)
    hold(world.acme, 30)
    world.acme.time_zone = "Europe/Berlin"
    world.acme.save()
    client = world.client(world.bea)
    assert "Times are by the clock of Europe/Berlin." in client.get(MOVEMENTS).content.decode()
    lines = b"".join(client.get(MOVEMENTS, {"as": "csv"})).decode().splitlines()  # type: ignore[arg-type]
    assert sum(Decimal(row["credits"]) for row in csv.DictReader(lines)) == Decimal("203.426704")


def test_empty_pages_say_what_will_be_there(world: World) -> None:
    client = world.client(world.olga)
    assert "Nothing has moved yet" in client.get(OVERVIEW).content.decode()
    assert "No invoices yet" in client.get(INVOICES).content.decode()


def test_long_lists_go_on_where_the_page_ended(world: World) -> None:
    topup(world.acme)
    for index in range(60):
        hold(world.acme, 1, source=f"job:{index}:1")
    client = world.client(world.olga)
    first = client.get(MOVEMENTS)
    mark = first.context["next"]
    assert f'href="?before={mark}"' in first.content.decode()
    second = client.get(MOVEMENTS, {"before": mark})
    assert len(second.context["movements"]) == 11
    assert second.context["next"] == ""


@pytest.mark.parametrize("page", [MOVEMENTS, INVOICES])
def test_a_mark_that_is_none_gets_a_sentence(world: World, page: str) -> None:
    answer = world.client(world.olga).get(page, {"before": "x'"})
    assert answer.status_code == 400
    assert "marks no page" in answer.content.decode()


def test_the_pdf_downloads_under_the_invoices_number(world: World, number: str) -> None:
    answer = world.client(world.bea).get(f"{INVOICES}{number}.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
    assert answer.content.startswith(b"%PDF")


def test_an_invoice_that_does_not_exist_is_not_found(world: World) -> None:
    answer = world.client(world.olga).get(f"{INVOICES}NW-2026-999999.pdf", headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert "no invoice “NW-2026-999999” in Acme" in answer.json()["detail"]


def test_the_pages_take_as_many_queries_for_many_rows_as_for_one(
    world: World, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    topup(world.acme)
    for index in range(20):
        hold(world.acme, 1, source=f"job:{index}:1")
    client = world.client(world.bea)
    with django_assert_num_queries(
        9
    ):  # session, person, membership, wallet, lots, holds, movements, rate, switcher
        client.get(OVERVIEW)
    with django_assert_num_queries(7):  # session, person, membership, invoices, saved views, and the frame's two
        client.get(INVOICES)
