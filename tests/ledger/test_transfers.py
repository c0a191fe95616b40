"""Posting: once per key, never below a floor, all or nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import KeyReused
from apps.ledger import services
from apps.ledger.errors import (
    AccountMismatch,
    AlreadyReversed,
    InsufficientFunds,
    LegsInvalid,
    UnknownAccount,
    UnknownTransfer,
)
from apps.ledger.models import Entry, Transfer
from apps.ledger.selectors import balance, balances
from apps.ledger.services import Leg, Posting
from tests.ledger.books import NOW, books_open, legs, move


@pytest.fixture(autouse=True)
def _books(db: None) -> None:
    books_open()


def post(key: str, **amounts: int) -> Posting:
    return Posting(key=key, legs=legs(**amounts), reason="test", at=NOW)


def test_a_transfer_moves_the_amount_and_keeps_what_it_was_told() -> None:
    transfer = services.transfer_post(
        key="k", legs=legs(purse=-30, box=30), reason="hold", at=NOW, details={"source": "job:1"}
    )
    assert balances(["purse", "box", "source"]) == {"purse": 70, "box": 30, "source": -100}
    assert (transfer.reason, transfer.at, transfer.details) == ("hold", NOW, {"source": "job:1"})
    assert Transfer.objects.get(key="k") == transfer


def test_the_same_key_and_legs_return_the_first_transfer_in_any_order_of_legs() -> None:
    first = move("k", purse=-100, box=100)
    assert move("k", box=100, purse=-100) == first  # although the purse is empty now
    assert balance("purse") == 0


def test_the_same_key_with_other_legs_is_refused_and_changes_nothing() -> None:
    move("k", purse=-30, box=30)
    with pytest.raises(KeyReused):
        move("k", purse=-31, box=31)
    assert balance("purse") == 70


def test_nothing_goes_below_the_floor() -> None:
    with pytest.raises(InsufficientFunds) as refusal:
        move("k", purse=-130, box=130)
    assert (refusal.value.account, refusal.value.missing, refusal.value.status) == ("purse", 30, 402)
    assert balances(["purse", "box"]) == {"purse": 100, "box": 0}
    assert not Transfer.objects.filter(key="k").exists()


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ([], LegsInvalid),
        ([Leg("purse", -1)], LegsInvalid),
        ([Leg("purse", 0), Leg("box", 0)], LegsInvalid),
        ([Leg("purse", -1.5), Leg("box", 1.5)], LegsInvalid),  # type: ignore[arg-type]
        ([Leg("purse", -(10**17) - 1), Leg("box", 10**17 + 1)], LegsInvalid),
        ([Leg("purse", -1), Leg("purse", 1)], LegsInvalid),
        ([Leg("purse", -1), Leg("euros", 1)], LegsInvalid),
        ([Leg("purse", -1, "EUR"), Leg("box", 1)], LegsInvalid),
        ([Leg("purse", -1), Leg("nowhere", 1)], UnknownAccount),
        ([Leg("source", 1), Leg("euros", -1)], LegsInvalid),
        ([Leg("purse", -1, "NOS"), Leg("box", 1, "EUR")], LegsInvalid),
        ([Leg("purse", True), Leg("box", -1)], LegsInvalid),
    ],
)
def test_bad_legs_are_refused_in_one_sentence(bad: list[Leg], error: type[Exception]) -> None:
    with pytest.raises(error) as refusal:
        services.transfer_post(key="k", legs=bad, reason="test", at=NOW)
    assert str(refusal.value).endswith(".")
    assert Transfer.objects.count() == 1


@pytest.mark.parametrize("name", ["", "k" * 201, "a\nb", "a\0b", "\ud800"])
def test_a_key_or_reason_that_names_nothing_is_refused_in_one_sentence(name: str) -> None:
    for key, reason in ((name, "test"), ("k", name)):
        with pytest.raises(LegsInvalid, match=r"printable characters.*\.$"):
            services.transfer_post(key=key, legs=legs(purse=-1, box=1), reason=reason, at=NOW)


def test_a_balance_larger_than_the_books_can_hold_is_refused() -> None:
    for number in range(92):
        move(f"more{number}", source=-(10**17), purse=10**17)
    with pytest.raises(LegsInvalid, match="larger than the books can hold"):
        move("too much", source=-(10**17), purse=10**17)


def test_each_currency_of_a_transfer_balances_by_itself() -> None:
    services.transfer_post(
        key="k", legs=[*legs(source=-5, purse=5), Leg("euros", 7), Leg("euros:other", -7)], reason="topup", at=NOW
    )
    assert balance("euros") == 7


def test_a_batch_posts_all_or_none_and_in_its_order() -> None:
    services.transfer_post_many([post("a", purse=-100, box=100), post("b", purse=50, box=-50)])
    assert balances(["purse", "box"]) == {"purse": 50, "box": 50}
    with pytest.raises(InsufficientFunds):
        services.transfer_post_many([post("c", purse=-60, box=60), post("d", purse=20, box=-20)])
    assert balances(["purse", "box"]) == {"purse": 50, "box": 50}


def test_a_batch_leaves_out_what_was_posted_before_and_twins_inside_it() -> None:
    first = move("a", purse=-60, box=60)
    posted = services.transfer_post_many(
        [post("a", purse=-60, box=60), post("b", purse=-40, box=40), post("b", purse=-40, box=40)]
    )
    assert posted[0] == first
    assert posted[1] == posted[2]
    assert balances(["purse", "box"]) == {"purse": 0, "box": 100}


def test_a_repeat_in_a_batch_lends_nothing_to_the_rest() -> None:
    move("in", source=-20, box=20)
    with pytest.raises(InsufficientFunds):
        services.transfer_post_many([post("in", source=-20, box=20), post("out", box=-40, purse=40)])


def test_a_batch_with_a_reused_key_is_refused_whole() -> None:
    move("a", purse=-60, box=60)
    with pytest.raises(KeyReused):
        services.transfer_post_many([post("b", purse=-1, box=1), post("a", purse=-6, box=6)])
    assert not Transfer.objects.filter(key="b").exists()
    with pytest.raises(KeyReused):
        services.transfer_post_many([post("c", purse=-1, box=1), post("c", purse=-2, box=2)])


def test_a_reversal_posts_the_opposite_once() -> None:
    move("a", purse=-60, box=60)
    first = services.transfer_reverse("undo", of="a", reason="mistake", at=NOW)
    assert services.transfer_reverse("undo", of="a", reason="mistake", at=NOW) == first
    assert balances(["purse", "box"]) == {"purse": 100, "box": 0}
    with pytest.raises(AlreadyReversed):
        services.transfer_reverse("again", of="a", reason="mistake", at=NOW)
    with pytest.raises(UnknownTransfer):
        services.transfer_reverse("undo2", of="nothing", reason="mistake", at=NOW)


def test_a_reversal_of_what_is_spent_is_refused() -> None:
    move("spent", purse=-100, box=100)
    with pytest.raises(InsufficientFunds):
        services.transfer_reverse("undo", of="start", reason="refund", at=NOW)


def test_an_account_opens_once_and_stays_what_it_is() -> None:
    assert services.account_open("purse", "NOS", 0).balance == 100
    with pytest.raises(AccountMismatch):
        services.account_open("purse", "EUR", 0)
    with pytest.raises(AccountMismatch):
        services.account_open("purse", "NOS", None)
    with pytest.raises(LegsInvalid):
        services.account_open("high", "NOS", 5)


def test_a_floor_below_zero_lends_that_much() -> None:
    services.account_open("lent", "NOS", -10)
    move("k", lent=-10, box=10)
    with pytest.raises(InsufficientFunds):
        move("k2", lent=-1, box=1)


def test_an_account_that_is_not_there_has_no_balance() -> None:
    with pytest.raises(UnknownAccount):
        balance("nowhere")


def test_a_transfer_takes_one_statement_and_so_does_a_batch() -> None:
    with CaptureQueriesContext(connection) as single:
        move("k", purse=-1, box=1)
    with CaptureQueriesContext(connection) as batch:
        services.transfer_post_many([post(f"b{number}", purse=-1, box=1) for number in range(20)])
    assert [q["sql"].split()[0] for q in single if "SAVEPOINT" not in q["sql"]] == ["SELECT"]
    assert [q["sql"].split()[0] for q in batch if "SAVEPOINT" not in q["sql"]] == ["SELECT"]
    assert Entry.objects.count() == 2 + 2 + 40
