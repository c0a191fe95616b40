"""VIES is asked in the background over HTTP; its answers are kept, and correct what was charged for want of them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from apps.billing.models import CreditNote, CreditNoteDue, Invoice, InvoiceDue, VatCheck
from apps.billing.services import (
    credit_note_due,
    dispute_lost,
    dispute_open,
    dispute_won,
    invoice_issue,
    invoice_replace,
    refund_reserve,
    topup_refund,
    vat_check_ask,
    vat_checks_sweep,
    vat_id_check,
    vat_of,
    vat_refund_paid,
)
from apps.billing.services.invoices import invoice_number
from apps.core.errors import KeyReused
from apps.core.models import Message
from apps.core.queue import TASKS
from apps.ledger.models import Entry
from apps.organisations.models import Organisation
from tests.billing.money import NOW, topup
from tests.ledger.threads import at_once
from tests.sandbox.processes import started
from tests.world import World

DE_ID = "DE136695976"


class Vies:
    """The register, and what it is told to say."""

    def __init__(self, url: str) -> None:
        self.url = url

    def say(self, **wanted: Any) -> None:
        httpx.post(f"{self.url}/_sandbox/vies", json=wanted, trust_env=False).raise_for_status()


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vies]:
    data = tmp_path_factory.mktemp("vies")
    with started("sandbox.vies", "--port", "0", "--data", str(data)) as part:
        yield Vies(part.url)


@pytest.fixture
def vies(register: Vies, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Vies:
    """The register, in good order, and the platform asking it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings.VIES_URL = f"{register.url}/rest-api"
    register.say(trouble="", ids={DE_ID: {"valid": True, "name": "Muster GmbH", "address": "Weg 1\n10115 Berlin"}})
    return register


@pytest.fixture
def drain() -> Callable[[], int]:
    """Run what waits for billing, until nothing does; the money that is to go back is another's to send."""

    def run() -> int:
        count = 0
        while message := Message.objects.filter(name__startswith="billing.").order_by("created_at", "id").first():
            TASKS[message.name].run(**message.payload)
            message.delete()
            count += 1
        return count

    return run


@pytest.fixture
def german(world: World) -> World:
    """Acme is a German business."""
    world.acme.country, world.acme.vat_id = "DE", DE_ID
    world.acme.save()
    return world


def ask(world: World, *, again: bool = False, now: Any = NOW) -> VatCheck:
    check = vat_id_check(organisation_id=world.acme.id, now=now, again=again)
    assert check is not None
    return vat_check_ask(vat_check_id=check.id, now=now)


def balance(code: str) -> int:
    return sum(Entry.objects.filter(account__code=code).values_list("amount", flat=True))


def test_a_positive_answer_is_kept_with_its_proof_and_brings_reverse_charge(german: World, vies: Vies) -> None:
    assert vat_of(german.acme, now=NOW).bp == 1_900
    check = ask(german)
    assert (check.state, check.name, check.address) == ("valid", "Muster GmbH", "Weg 1\n10115 Berlin")
    assert (check.consultation[:4], check.raw["valid"]) == ("WAPI", True)
    assert vat_of(german.acme, now=NOW).rule == "eu_reverse_charge"


def test_a_negative_answer_means_vat(german: World, vies: Vies) -> None:
    vies.say(ids={DE_ID: {"valid": False}})
    assert (ask(german).state, vat_of(german.acme, now=NOW).rule) == ("invalid", "eu_consumer")


@pytest.mark.parametrize("trouble", ["MS_UNAVAILABLE", "TIMEOUT", "GLOBAL_MAX_CONCURRENT_REQ"])
def test_without_an_answer_vat_is_charged_and_vies_is_asked_again_later(
    german: World, vies: Vies, trouble: str
) -> None:
    vies.say(trouble=trouble)
    check = ask(german)
    assert (check.state, check.tries, trouble in check.trouble) == ("waiting", 1, True)
    assert check.next_at == NOW + timedelta(minutes=1)
    assert vat_of(german.acme, now=NOW).rule == "eu_unconfirmed"
    assert vat_check_ask(vat_check_id=check.id, now=NOW).next_at == NOW + timedelta(minutes=2)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/rest-api", "http://127.0.0.1:99999", "nonsense"])
def test_a_register_that_cannot_be_reached_breaks_nothing(
    german: World, vies: Vies, settings: Any, url: str
) -> None:
    settings.VIES_URL = url
    check = ask(german)
    assert (check.state, "cannot be reached" in check.trouble) == ("waiting", True)


def test_a_requester_that_vies_does_not_know_costs_only_the_proof(german: World, vies: Vies) -> None:
    vies.say(trouble="INVALID_REQUESTER_INFO")
    check = ask(german)
    assert (check.state, check.consultation) == ("valid", "")


def test_an_id_with_a_wrong_check_digit_is_invalid_without_asking(german: World, settings: Any) -> None:
    settings.VIES_URL = "http://127.0.0.1:1"
    german.acme.vat_id = "DE136695977"
    german.acme.save()
    check = ask(german)
    assert (check.state, check.trouble) == ("invalid", "Its length or check digit is wrong.")


def test_only_ids_of_the_organisations_own_country_in_the_eu_are_asked_about(world: World) -> None:
    for country, vat_id in (("NL", ""), ("US", "US1"), ("FR", DE_ID)):
        world.acme.country, world.acme.vat_id = country, vat_id
        world.acme.save()
        assert vat_id_check(organisation_id=world.acme.id, now=NOW) is None
    assert not VatCheck.objects.exists()


def test_a_question_waits_once_and_a_fresh_answer_is_not_asked_for_again(german: World, vies: Vies) -> None:
    first = vat_id_check(organisation_id=german.acme.id, now=NOW)
    assert vat_id_check(organisation_id=german.acme.id, now=NOW, again=True) == first
    answered = ask(german)
    assert ask(german, now=NOW + timedelta(days=24)) == answered
    assert ask(german, again=True, now=NOW + timedelta(minutes=2)) != answered
    assert VatCheck.objects.count() == 2


def test_the_sweep_asks_what_is_open_unknown_or_old(german: World, vies: Vies, drain: Callable[[], int]) -> None:
    assert [vat_checks_sweep(now=NOW) for _ in range(2)] == [1, 0]
    vies.say(trouble="MS_UNAVAILABLE")
    check = VatCheck.objects.get()
    vat_check_ask(vat_check_id=check.id, now=NOW)
    assert [vat_checks_sweep(now=NOW + timedelta(minutes=minutes)) for minutes in (0, 1, 1)] == [0, 1, 0]
    vies.say(trouble="")
    vat_check_ask(vat_check_id=check.id, now=NOW)
    assert [vat_checks_sweep(now=NOW + timedelta(days=days)) for days in (24, 26, 26)] == [0, 1, 0]


def test_nobody_asks_for_an_organisation_that_is_closed(german: World, vies: Vies) -> None:
    Organisation.objects.filter(pk=german.acme.pk).update(closed_at=NOW)
    assert vat_checks_sweep(now=NOW) == 0


def test_vat_charged_for_want_of_an_answer_is_credited_when_it_comes(
    german: World, vies: Vies, drain: Callable[[], int]
) -> None:
    topup(german.acme)
    invoice_issue(invoice_due_id=InvoiceDue.objects.get().id, now=NOW)
    ask(german)
    drain()
    first, second = Invoice.objects.order_by("sequence")
    assert (first.vat_minor, second.vat_minor, second.net_minor) == (1_900, 0, 10_000)
    assert (second.data["replaces"], second.data["vat_rule"]) == (first.number, "eu_reverse_charge")
    note = CreditNote.objects.get()
    assert (note.invoice, note.net_minor, note.vat_minor) == (first, 10_000, 1_900)
    assert (balance("vat:EUR"), balance("refunds-due:EUR"), balance("fx:EUR")) == (0, -1_900, -10_000)


def test_only_what_is_left_of_the_invoice_is_replaced(german: World, vies: Vies, drain: Callable[[], int]) -> None:
    topup(german.acme)
    credit_note_due(topup_id="t1", net_minor=4_000, vat_minor=760, key="refund:1", now=NOW)
    ask(german)
    drain()
    new = InvoiceDue.objects.exclude(replaces=None).get()
    assert (new.facts["net_minor"], balance("refunds-due:EUR")) == (6_000, -1_140)
    later = credit_note_due(topup_id="t1", net_minor=6_000, vat_minor=0, key="refund:2", now=NOW)
    assert later.invoice_due == new


def test_other_invoices_stay_as_they_are(world: World, vies: Vies, drain: Callable[[], int]) -> None:
    topup(world.acme)  # domestic
    world.acme.country, world.acme.vat_id = "DE", DE_ID
    world.acme.save()
    ask(world)
    drain()
    assert not CreditNoteDue.objects.exists()


def test_the_vat_that_went_back_is_booked_once(german: World, vies: Vies, drain: Callable[[], int]) -> None:
    topup(german.acme)
    ask(german)
    drain()
    for _ in range(2):
        vat_refund_paid(topup_id="t1", currency="EUR", minor=1_900, reference="re_1", now=NOW)
    assert (balance("refunds-due:EUR"), balance("stripe:EUR")) == (0, 10_000)
    with pytest.raises(KeyReused):
        vat_refund_paid(topup_id="t1", currency="EUR", minor=1, reference="re_1", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_eight_answers_at_once_replace_the_invoice_once(vies: Vies) -> None:
    world = World.build()
    world.acme.country, world.acme.vat_id = "DE", DE_ID
    world.acme.save()
    topup(world.acme)
    check, due = ask(world), InvoiceDue.objects.get()
    results = at_once(8, lambda index: invoice_replace(invoice_due_id=due.id, vat_check_id=check.id, now=NOW))
    assert sorted(results) == [False] * 7 + [True]
    assert (InvoiceDue.objects.count(), balance("refunds-due:EUR")) == (2, -1_900)


def test_vat_of_a_refund_under_way_does_not_go_back_twice(
    german: World, vies: Vies, drain: Callable[[], int]
) -> None:
    topup(german.acme)
    refund_reserve(topup_id="t1", gross_minor=5_950, key="half", reason="", now=NOW)
    ask(german)
    drain()
    topup_refund(topup_id="t1", refunded_minor=5_950, now=NOW)
    drain()
    assert (balance("vat:EUR"), balance("refunds-due:EUR"), balance("fx:EUR")) == (0, -950, -5_000)
    assert InvoiceDue.objects.exclude(replaces=None).get().facts["net_minor"] == 5_000


def test_an_invoice_that_is_numbered_before_the_one_it_replaces_names_it(german: World, vies: Vies) -> None:
    topup(german.acme)
    first = InvoiceDue.objects.get()
    check = ask(german)
    invoice_replace(invoice_due_id=first.id, vat_check_id=check.id, now=NOW)
    second = invoice_number(invoice_due_id=first.replaced_by.id, now=NOW)
    assert second.data["replaces"] == Invoice.objects.get(due=first).number


@pytest.mark.parametrize("end", ["undone", "done"])
def test_an_invoice_that_waited_for_a_dispute_is_replaced_at_its_end(
    end: str, german: World, vies: Vies, drain: Callable[[], int]
) -> None:
    topup(german.acme)
    dispute_open(topup_id="t1", gross_minor=5_950, key="dp", reason="", now=NOW)
    ask(german)
    drain()
    assert (InvoiceDue.objects.count(), balance("refunds-due:EUR")) == (1, 0)
    (dispute_won if end == "undone" else dispute_lost)(key="dp", now=NOW)
    drain()
    assert (InvoiceDue.objects.count(), balance("vat:EUR")) == (2, 0)
