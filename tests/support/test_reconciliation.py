"""Runs of reconciliation: two at once, a day of many movements, and what a run asks of the database."""

import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.bridge.selectors import Position
from apps.payments.gateway import BalanceMovement
from apps.support.models import ReconciliationDay, ReconciliationItem
from apps.support.reconciliation import runs, sides
from apps.support.reconciliation.runs import day_run, items_match
from apps.users.models import User
from tests.permissions.money import refundable_of
from tests.world import World

Patch = pytest.MonkeyPatch


def told(number: int, intent: str = "") -> BalanceMovement:
    """Return a payment as Stripe tells it, at noon of today."""
    noon = datetime.combine(datetime.now(UTC).date(), datetime.min.time(), UTC) + timedelta(hours=12)
    return BalanceMovement(f"txn_{number}", "charge", "EUR", 6_050, 0, noon, f"ch_{number}", "charge", intent, "")


def stripe_tells(monkeypatch: Patch, movements: list[BalanceMovement]) -> None:
    monkeypatch.setattr(sides, "balance_movements", lambda **_: iter(movements))
    monkeypatch.setattr(runs, "position", lambda: Position(0, 0, 0))


@pytest.mark.django_db(transaction=True)
def test_four_runs_at_once_write_and_match_what_one_would(world: World, monkeypatch: Patch) -> None:
    topups = [refundable_of(world.acme) for _ in range(3)]
    stripe_tells(monkeypatch, [told(number, str(one.payment_intent)) for number, one in enumerate(topups)])
    now, together = datetime.now(UTC) + timedelta(days=1), Barrier(4)

    def run(_number: int) -> None:
        together.wait(timeout=60)
        try:
            day_run(day=datetime.now(UTC).date(), now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    day = ReconciliationDay.objects.get()
    assert (day.runs, day.error, day.finished_at) == (4, "", now)
    items = ReconciliationItem.objects.filter(kind="payment")
    assert sorted(items.values_list("side", "topup_id")) == sorted(
        (side, str(one.id)) for one in topups for side in ("ledger", "stripe")
    )
    assert not items.filter(matched_at=None).exists()


def test_a_day_is_read_in_batches_and_never_as_a_whole(db: None, monkeypatch: Patch) -> None:
    asked = 0

    def movements(**_: object) -> Iterator[BalanceMovement]:
        nonlocal asked
        for number in range(1_200):
            asked += 1
            yield told(number)

    monkeypatch.setattr(sides, "balance_movements", movements)
    seen = [(len(batch), asked) for batch in sides.stripe_items(date.today(), first=False)]
    assert seen == [(500, 500), (500, 1_000), (200, 1_200)]


def pairs_make(count: int) -> None:
    facts = {"day": date.today(), "at": datetime.now(UTC), "pair": "stripe", "kind": "payment", "currency": "EUR"}
    run = uuid.uuid4()
    ReconciliationItem.objects.bulk_create(
        ReconciliationItem(side=side, reference=f"{run}:{number}", match=f"m:{number}", amount=5, **facts)
        for number in range(count)
        for side in ("stripe", "ledger")
    )


def test_matching_takes_no_more_memory_for_many_items_than_for_few(db: None) -> None:
    def peak(pairs: int) -> int:
        pairs_make(pairs)
        tracemalloc.start()
        try:
            assert items_match(now=datetime.now(UTC)) == 2 * pairs
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # what is made once
    few, many = peak(500), peak(2_500)
    assert many < 2 * few, (few, many)


def test_a_run_asks_the_same_of_the_database_for_one_movement_and_for_many(
    world: World, monkeypatch: Patch
) -> None:
    def queries(count: int) -> int:
        stripe_tells(monkeypatch, [told(number) for number in range(count)])
        with CaptureQueriesContext(connection) as asked:
            day_run(day=datetime.now(UTC).date(), now=datetime.now(UTC))
        return len(asked)

    queries(1)
    assert queries(2) == queries(400)


def test_its_pages_ask_a_fixed_number_of_questions(
    world: World, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    client, sam = Client(), User.objects.create_superuser("sam@nosana-web.example", "x")
    client.force_login(sam)
    ReconciliationDay.objects.create(day=date.today(), finished_at=datetime.now(UTC))
    for count in (1, 40):
        pairs_make(count)
        item = ReconciliationItem.objects.latest("id").pk
        for place, pinned in (("", 4), (f"{date.today()}/", 6), ("items/", 3), (f"items/{item}/", 6)):
            with django_assert_num_queries(pinned):
                assert client.get(f"/admin/reconciliation/{place}").status_code == 200
