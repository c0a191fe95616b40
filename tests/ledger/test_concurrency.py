"""Many at once: real threads, real commits."""

import pytest

from apps.core.errors import KeyReused
from apps.ledger.errors import InsufficientFunds
from apps.ledger.models import Transfer
from apps.ledger.selectors import balance, balances
from tests.ledger.books import books_open, move
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
