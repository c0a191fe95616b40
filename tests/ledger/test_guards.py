"""What the database refuses, whoever writes to it."""

import pytest
from django.db import IntegrityError, connection, transaction

from apps.ledger import services
from apps.ledger.models import Account, Entry, Transfer
from apps.ledger.selectors import imbalances
from tests.ledger.books import NOW, books_open, move


@pytest.fixture(autouse=True)
def _books(db: None) -> None:
    books_open()


def transfer_raw(*amounts: int) -> Transfer:
    transfer = Transfer.objects.create(key="raw", fingerprint="x", reason="test", at=NOW)
    for code, amount in zip(("source", "purse"), amounts, strict=False):
        Entry.objects.create(transfer=transfer, account=Account.objects.get(code=code), amount=amount)
    return transfer


def checked(written: object) -> None:
    """Check now, for what was written, the rules that wait for the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(("amounts", "why"), [((-5, 6), "does not balance"), ((), "has no entries")])
def test_a_transfer_that_does_not_balance_cannot_be_committed(amounts: tuple[int, ...], why: str) -> None:
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        checked(transfer_raw(*amounts))


def test_balance_is_asked_per_currency() -> None:
    euros = Account.objects.get(code="euros")
    with pytest.raises(IntegrityError, match="sum to 5 EUR, -5 NOS"), transaction.atomic():
        checked(Entry.objects.create(transfer=transfer_raw(-5), account=euros, amount=5))


@pytest.mark.django_db(transaction=True)
def test_a_posted_transfer_takes_no_more_entries() -> None:
    transfer = move("k", purse=-1, box=1)
    accounts = {account.code: account for account in Account.objects.all()}
    with pytest.raises(IntegrityError, match="takes no more entries"):
        Entry.objects.bulk_create(
            [
                Entry(transfer=transfer, account=accounts["euros"], amount=5),
                Entry(transfer=transfer, account=accounts["euros:other"], amount=-5),
            ]
        )


def test_a_savepoint_is_not_another_transaction() -> None:
    with transaction.atomic():
        transfer = transfer_raw()
    with transaction.atomic():
        Entry.objects.create(transfer=transfer, account=Account.objects.get(code="euros"), amount=5)
    Entry.objects.create(transfer=transfer, account=Account.objects.get(code="euros:other"), amount=-5)


@pytest.mark.parametrize("table", ["ledger_transfer", "ledger_entry"])
@pytest.mark.parametrize("act", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_what_is_posted_can_be_neither_changed_nor_deleted(table: str, act: str) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(act.format(table))


def test_a_balance_below_the_floor_is_refused_by_the_table_itself() -> None:
    with pytest.raises(IntegrityError, match="ledger_account_floor"), transaction.atomic():
        Account.objects.filter(code="purse").update(balance=-1)


def test_a_platform_account_has_no_balance_of_its_own() -> None:
    with pytest.raises(IntegrityError, match="balance_with_floor"), transaction.atomic():
        Account.objects.filter(code="source").update(balance=0)


def test_an_entry_of_nothing_is_refused() -> None:
    with pytest.raises(IntegrityError, match="amount_not_zero"), transaction.atomic():
        transfer_raw(0)


def test_an_account_has_one_entry_in_a_transfer() -> None:
    start, purse = Transfer.objects.get(key="start"), Account.objects.get(code="purse")
    with pytest.raises(IntegrityError, match="entry_account_once"), transaction.atomic():
        Entry.objects.create(transfer=start, account=purse, amount=5)


def test_two_transfers_cannot_have_one_key() -> None:
    with pytest.raises(IntegrityError, match="ledger_transfer_key"), transaction.atomic():
        Transfer.objects.create(key="start", fingerprint="x", reason="test", at=NOW)


def test_two_transfers_cannot_reverse_one() -> None:
    start = Transfer.objects.get(key="start")
    services.transfer_reverse("undo", of="start", reason="mistake", at=NOW)
    with pytest.raises(IntegrityError, match="reverses_id"), transaction.atomic():
        Transfer.objects.create(key="again", fingerprint="x", reason="test", at=NOW, reverses=start)


def test_an_account_cannot_be_opened_twice() -> None:
    with pytest.raises(IntegrityError, match="ledger_account_code"), transaction.atomic():
        Account.objects.create(code="purse", currency="EUR")


@pytest.mark.parametrize("change", [{"currency": "EUR"}, {"code": "mine"}, {"floor": None, "balance": None}])
def test_an_account_keeps_its_code_its_currency_and_its_kind(change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="keeps its code"), transaction.atomic():
        Account.objects.filter(code="purse").update(**change)


def test_imbalances_tell_a_balance_that_is_not_the_sum_of_its_entries() -> None:
    assert imbalances() == []
    Account.objects.filter(code="purse").update(balance=99)
    (wrong,) = imbalances()
    assert (wrong.kind, wrong.subject) == ("account", "purse")
    assert wrong.sentence == "its balance is 99 but its entries sum to 100"
    Account.objects.filter(code="purse").update(balance=100)


def test_imbalances_tell_a_transfer_that_does_not_sum_to_zero() -> None:
    with transaction.atomic():
        transfer_raw(-5)
        (wrong,) = imbalances()
        transaction.set_rollback(True)
    assert (wrong.kind, wrong.subject, wrong.sentence) == ("transfer", "raw", "its entries sum to -5 NOS")


def test_imbalances_tell_a_transfer_without_entries() -> None:
    with transaction.atomic():
        transfer_raw()
        (wrong,) = imbalances()
        transaction.set_rollback(True)
    assert wrong.sentence == "it has no entries"
