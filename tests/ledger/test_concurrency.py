"""Many at once: real threads, real commits."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction

from apps.core.errors import KeyReused
from apps.ledger.errors import InsufficientFunds
from apps.ledger.models import AccountDigest, DayDigest, Transfer
from apps.ledger.selectors import balance, balances, book_verify
from apps.ledger.services import digests_close
from tests.ledger.books import NOW, books_open, move
from tests.ledger.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_24_who_spend_30_from_100_three_succeed() -> None:
    books_open()
    results = at_once(24, lambda index: move(f"spend:{index}", purse=-30, box=30))
    assert sum(isinstance(result, Transfer) for result in results) == 3
    assert sum(isinstance(result, InsufficientFunds) for result in results) == 21
    assert balances(["purse", "box"]) == {"purse": 10, "box": 90}


def test_16_posts_of_one_key_make_one_transfer() -> None:
    books_open()
    results = at_once(16, lambda index: move("same", purse=-30, box=30))
    assert len({result.id for result in results}) == 1
    assert balance("box") == 30


def test_16_posts_of_one_key_that_lock_no_account_make_one_transfer() -> None:
    books_open()
    results = at_once(16, lambda index: move("same", **{"euros": 30, "euros:other": -30}))
    assert len({result.id for result in results}) == 1
    assert balance("euros") == 30


def test_one_key_with_different_legs_at_once_is_posted_once_and_refused_otherwise() -> None:
    books_open()
    results = at_once(8, lambda index: move("same", source=-index - 1, purse=index + 1))
    assert sum(isinstance(result, Transfer) for result in results) == 1
    assert sum(isinstance(result, KeyReused) for result in results) == 7


def test_moves_in_opposite_directions_never_deadlock() -> None:
    books_open()
    move("fill", source=-1000, box=1000)
    results = at_once(16, lambda i: move(f"k{i}", purse=1, box=-1) if i % 2 else move(f"k{i}", box=1, purse=-1))
    assert all(isinstance(result, Transfer) for result in results)


def test_a_close_waits_for_transfers_under_way_so_that_none_slips_between_two_days() -> None:
    books_open()
    begun, over = threading.Event(), threading.Event()

    def post_slowly() -> None:
        with transaction.atomic():
            move("slow", purse=-1, box=1)  # it has its id, and is not committed
            begun.set()
            over.wait(0.5)

    def close() -> list[DayDigest]:
        begun.wait()
        move_later = threading.Timer(0.2, over.set)
        move_later.start()
        return digests_close(now=NOW + timedelta(days=1))

    results = at_once(2, lambda index: close() if index else post_slowly())
    assert results[1][0].through_id == Transfer.objects.get(key="slow").id
    assert AccountDigest.objects.get(account__code="box").entries == 1


def test_eight_closes_at_once_close_each_day_once_while_others_post() -> None:
    books_open(credits=1000)

    def act(index: int) -> object:
        if index < 8:
            return digests_close(now=NOW + timedelta(days=3))
        return [move(f"k{index}:{number}", purse=-1, box=1) for number in range(10)]

    assert not [result for result in at_once(16, act) if isinstance(result, Exception)]
    digests_close(now=NOW + timedelta(days=4))
    assert [digest.day.day for digest in DayDigest.objects.order_by("number")] == [2, 3, 4, 5]
    assert sum(AccountDigest.objects.filter(account__code="box").values_list("entries", flat=True)) == 80
    assert list(book_verify()) == []


def test_a_close_that_cannot_get_between_long_writers_gives_up_and_changes_nothing() -> None:
    books_open()
    with transaction.atomic():
        move("long", purse=-1, box=1)
        (result,) = at_once(1, lambda index: digests_close(now=NOW + timedelta(days=1)))
    assert isinstance(result, OperationalError)
    assert not DayDigest.objects.exists()
