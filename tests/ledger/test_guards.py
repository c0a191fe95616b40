"""What the database refuses, whoever writes to it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, transaction

from apps.ledger import services
from apps.ledger.models import Account, Entry, Transfer
from apps.ledger.selectors import imbalances
from tests.ledger.books import NOW, books_open, move


@pytest.fixture(autouse=True)
def _books(db: None) -> None:
    books_open()


WRITE_RAW = """
WITH posted AS (
    INSERT INTO ledger_transfer (key, fingerprint, reason, details, at)
    VALUES ('raw', '', 'test', '{}', now()) RETURNING id
)
INSERT INTO ledger_entry (transfer_id, account_id, amount)
SELECT posted.id, account.id, leg.amount
FROM posted, unnest(%s::text[], %s::bigint[]) AS leg(code, amount)
JOIN ledger_account AS account ON account.code = leg.code
"""


def transfer_raw(**amounts: int) -> None:
    """Write a transfer as somebody would who does not know our acts."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE_RAW, [list(amounts), list(amounts.values())])


@pytest.mark.parametrize(
    ("amounts", "why"),
    [
        ({"source": -5, "purse": 6}, "does not balance: its entries sum to 1 NOS"),
        ({"source": -5, "euros": 5}, "sum to 5 EUR, -5 NOS"),
        ({"source": -5}, "sum to -5 NOS"),
        ({}, "has no entries"),
    ],
)
def test_a_transfer_that_does_not_balance_is_refused_at_once(amounts: dict[str, int], why: str) -> None:
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        transfer_raw(**amounts)


def test_a_transfer_that_balances_is_taken_from_anyone() -> None:
    transfer_raw(**{"euros": 7, "euros:other": -7})
    assert Transfer.objects.get(key="raw").entries.count() == 2


def test_a_transfer_without_its_entries_is_refused() -> None:
    with pytest.raises(IntegrityError, match="has no entries"), transaction.atomic():
        Transfer.objects.create(key="raw", fingerprint="x", reason="test", at=NOW)


def test_entries_added_in_the_same_transaction_must_balance_by_themselves() -> None:
    transfer, euros = move("k", purse=-1, box=1), Account.objects.get(code="euros")
    with pytest.raises(IntegrityError, match="sum to 5 EUR"), transaction.atomic():
        Entry.objects.create(transfer=transfer, account=euros, amount=5)


def test_an_entry_names_a_transfer_and_an_account_that_exist() -> None:
    transfer, euros = move("k", purse=-1, box=1), Account.objects.get(code="euros")
    with pytest.raises(IntegrityError, match="which does not exist"), transaction.atomic():
        Entry.objects.create(transfer_id=10**9, account=euros, amount=5)
    with pytest.raises(IntegrityError, match="names an account that does not exist"), transaction.atomic():
        Entry.objects.create(transfer=transfer, account_id=10**9, amount=5)


def test_an_account_cannot_be_deleted() -> None:
    with pytest.raises(IntegrityError, match="stays in the books"), transaction.atomic():
        Account.objects.filter(code="euros").delete()


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
        transfer_raw(purse=0)


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
    with pytest.raises(IntegrityError, match="reversed_once"), transaction.atomic():
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


@contextmanager
def unguarded() -> Iterator[None]:
    """Let the triggers sleep for a while, as somebody with all rights on the server could."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("amounts", "sentence"), [({"source": -5}, "its entries sum to -5 NOS"), ({}, "it has no entries")]
)
def test_imbalances_tell_a_transfer_that_is_not_right(amounts: dict[str, int], sentence: str) -> None:
    with unguarded():
        transfer_raw(**amounts)
        (wrong,) = imbalances()
    assert (wrong.kind, wrong.subject, wrong.sentence) == ("transfer", "raw", sentence)
