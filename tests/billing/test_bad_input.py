"""What cannot be: each refused by an error of its own, with a code, a status and one sentence, and nothing done."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from apps.billing import chart
from apps.billing.models import Hold, Lot, Settlement, Statement, VatCheck
from apps.billing.services import (
    billing_details_change,
    caps_check_topup,
    hold_place,
    hold_settle,
    lot_grant,
    quote_create,
    statement_close,
)
from apps.core.errors import AppError
from apps.ledger.models import Transfer
from apps.ledger.services import Leg, transfer_post
from apps.organisations.models import Organisation
from apps.organisations.services import Actor, organisation_update
from tests.billing.money import CREDIT, NOW, grant, hold, rate
from tests.world import World

OVER = datetime(2026, 12, 1, 15, tzinfo=UTC)
HUGE = 10**17 + 1


def place(world: World, network: Any, source: str = "job:2:1") -> None:
    hold_place(
        organisation_id=world.acme.id,
        source=source,
        network_micro=network,
        network_fee_micro=0,
        platform_fee_micro=0,
        label="Train",
        now=NOW,
    )


def give(world: World, micro: Any, key: str = "more") -> None:
    kind = Lot.Kind.PROMOTIONAL
    lot_grant(organisation_id=world.acme.id, kind=kind, micro=micro, key=key, now=NOW, expires_at=None)


def post(world: World, *legs: tuple[str, Any], currency: str | None = None, key: str = "t") -> None:
    sides = [Leg(code, amount, currency) for code, amount in legs]
    transfer_post(key=key, legs=sides, reason="test", at=NOW)


def settle(network: Any, seconds: Any = 60) -> None:
    hold_settle(source="job:1:1", network_micro=network, seconds=seconds, now=NOW)


def vat_id(world: World, value: str) -> None:
    olga = world.acme.memberships.select_related("organisation", "user").get(user=world.olga)
    actor = Actor.person(world.olga)
    billing_details_change(membership=olga, details={"vat_id": value}, actor=actor, now=NOW)


def both(world: World, network: int, fee: int) -> None:
    place(world, network, source="job:3:1")
    place(world, fee, source="job:3:1")


def purse(world: World) -> str:
    return chart.available(world.acme.id)


CASES: list[tuple[str, Callable[[World], Any], str, int]] = [
    ("a negative hold", lambda w: place(w, -1), "amount_invalid", 400),
    ("a hold of nothing", lambda w: place(w, 0), "amount_invalid", 400),
    ("a fractional hold", lambda w: place(w, 0.5), "amount_invalid", 400),
    ("an overflowing hold", lambda w: place(w, HUGE), "amount_invalid", 400),
    ("a hold above the balance", lambda w: place(w, 1_000 * CREDIT), "insufficient_credits", 402),
    ("one source, two amounts", lambda w: both(w, 5, 6), "key_reused", 409),
    ("a negative settlement", lambda w: settle(-1), "amount_invalid", 400),
    ("a fractional settlement", lambda w: settle(1.5), "amount_invalid", 400),
    ("seconds below 0", lambda w: settle(1, seconds=-1), "amount_invalid", 400),
    ("a negative grant", lambda w: give(w, -5), "amount_invalid", 400),
    ("a grant of nothing", lambda w: give(w, 0), "amount_invalid", 400),
    ("a fractional grant", lambda w: give(w, 0.5), "amount_invalid", 400),
    ("an overflowing grant", lambda w: give(w, HUGE), "amount_invalid", 400),
    ("a grant's key with another amount", lambda w: give(w, 5, key="grant"), "key_reused", 409),
    ("an automatic top-up of nothing", lambda w: caps_check_topup(
        organisation_id=w.acme.id, key="a", micro=0, now=NOW), "amount_invalid", 400),
    ("legs of nothing", lambda w: post(w, (purse(w), 0), (chart.FEES, 0)), "legs_invalid", 400),
    ("fractional legs", lambda w: post(w, (purse(w), -0.5), (chart.FEES, 0.5)), "legs_invalid", 400),
    ("overflowing legs", lambda w: post(w, (purse(w), -HUGE), (chart.FEES, HUGE)), "legs_invalid", 400),
    ("legs that do not balance", lambda w: post(w, (purse(w), -2), (chart.FEES, 1)), "legs_invalid", 400),
    ("the wrong currency", lambda w: post(w, (purse(w), -1), (chart.FEES, 1), currency="EUR"), "legs_invalid", 400),
    ("an unknown account", lambda w: post(w, (purse(w), -1), ("org:x:available", 1)), "unknown_account", 400),
    ("a key with other legs", lambda w: post(w, (purse(w), -1), (chart.FEES, 1), key="grant"), "key_reused", 409),
    ("a currency that is not sold", lambda w: quote_create(
        organisation=w.acme, currency="CHF", net_minor=5_000, now=NOW), "quote_refused", 400),
    ("a negative top-up", lambda w: quote_create(
        organisation=w.acme, currency="EUR", net_minor=-5_000, now=NOW), "quote_refused", 400),
    ("a VAT id with a wrong check digit", lambda w: vat_id(w, "NL123456789B02"), "vat_id_invalid", 422),
    ("a VAT id of another country", lambda w: vat_id(w, "DE136695976"), "vat_id_invalid", 422),
    ("a period already closed", lambda w: statement_close(
        organisation_id=w.acme.id, month=date(2026, 11, 1), now=OVER), "period_closed", 409),
    ("a period that is not over", lambda w: statement_close(
        organisation_id=w.acme.id, month=date(2027, 11, 1), now=OVER), "period_open", 409),
]  # fmt: skip


def state(world: World) -> tuple[object, ...]:
    tables = (Transfer, Hold, Lot, Settlement, Statement, VatCheck)
    return (*(table.objects.count() for table in tables), Organisation.objects.values().get(id=world.acme.id))


@pytest.mark.parametrize(("what", "act", "code", "status"), CASES, ids=[case[0] for case in CASES])
def test_what_cannot_be_is_refused_by_its_own_error_and_nothing_is_done(
    world: World, what: str, act: Callable[[World], Any], code: str, status: int
) -> None:
    grant(world.acme, 100)
    hold(world.acme, 30)
    rate()
    if what.startswith("a period already"):
        statement_close(organisation_id=world.acme.id, month=date(2026, 11, 1), now=OVER)
    if what == "one source, two amounts":
        place(world, 5, source="job:3:1")
    before = state(world)
    with pytest.raises(AppError) as refusal:
        act(world)
    assert (refusal.value.code, refusal.value.status) == (code, status)
    assert refusal.value.message.endswith(".")
    assert refusal.value.message[0].isupper() or refusal.value.message[0].isdigit(), refusal.value.message
    assert "\n" not in refusal.value.message
    assert state(world) == before


def test_a_country_that_the_kept_vat_id_is_none_of_is_refused(world: World) -> None:
    world.acme.vat_id = "NL000099998B57"
    world.acme.save()
    olga = world.acme.memberships.select_related("organisation", "user").get(user=world.olga)
    with pytest.raises(AppError, match="starts with DE") as refusal:
        organisation_update(membership=olga, details={"country": "DE"}, actor=Actor.person(world.olga), now=NOW)
    assert list(refusal.value.fields) == ["vat_id"]
    assert Organisation.objects.get(id=world.acme.id).country == "NL"
