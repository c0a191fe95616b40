"""One transfer of 1 between two accounts, in each way; accounts are numbers, 0 is the busy one."""

import itertools
import os
from collections.abc import Callable
from datetime import UTC, datetime

from django.db import connection, transaction
from hordak.models import Account as HordakAccount
from hordak.models import AccountType
from moneyed import EUR, Money

from apps.ledger.services import AccountSpec, Leg, Posting, accounts_open, transfer_post, transfer_post_many
from benchmarks.rivals.models import Wallet, WalletEntry, WalletTransfer

ACCOUNTS = 1_001
FUNDS = 10**9
NUMBERS = itertools.count()
Pairs = Callable[[], tuple[int, int]]


def key() -> str:
    """Return a new key, as long as real ones are."""
    return f"hold:job:{os.getpid():08}-{next(NUMBERS):027}:settle"


def code(number: int) -> str:
    """Return the account's code, as long as real ones are."""
    return f"org:{number:036}:available"


def seed() -> None:
    """Open the accounts of every way, with funds."""
    numbers = range(ACCOUNTS)
    accounts_open([*(AccountSpec(code(n), "NOS", 0) for n in numbers), AccountSpec("funds", "NOS", None)])
    transfer_post_many(
        [
            Posting(key=f"seed:{n}", legs=[Leg(code(n), FUNDS), Leg("funds", -FUNDS)], reason="seed", at=now())
            for n in numbers
        ]
    )
    Wallet.objects.bulk_create(Wallet(code=code(n), balance=FUNDS) for n in numbers)
    with transaction.atomic():
        bank = HordakAccount.objects.create(name="bank", code="9999", type=AccountType.asset, currencies=["EUR"])
        for n in numbers:
            account = HordakAccount.objects.create(
                name=f"a{n}", code=n, type=AccountType.liability, currencies=["EUR"]
            )
            account.transfer_to(bank, Money(1_000_000, EUR))  # raises both: an asset and a liability
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def now() -> datetime:
    """Return the time of a transfer."""
    return datetime.now(UTC)


def post_batch(pairs: Pairs, batch: int = 100) -> int:
    """Post a batch by `transfer_post_many`."""
    at = now()
    postings = []
    for _ in range(batch):
        source, target = pairs()
        postings.append(
            Posting(key=key(), legs=[Leg(code(source), -1), Leg(code(target), 1)], reason="settlement", at=at)
        )
    transfer_post_many(postings)
    return batch


def post_single(pairs: Pairs) -> int:
    """Post one by `transfer_post`."""
    source, target = pairs()
    transfer_post(key=key(), legs=[Leg(code(source), -1), Leg(code(target), 1)], reason="settlement", at=now())
    return 1


def post_naive(pairs: Pairs) -> int:
    """Lock both wallets, check, save the transfer, its two entries and both wallets."""
    source_code, target_code = (code(number) for number in pairs())
    with transaction.atomic():
        locked = Wallet.objects.select_for_update().filter(code__in=[source_code, target_code]).order_by("code")
        wallets = {wallet.code: wallet for wallet in locked}
        source, target = wallets[source_code], wallets[target_code]
        if source.balance < 1:
            raise ValueError("insufficient funds")
        transfer = WalletTransfer.objects.create(key=key(), reason="settlement", at=now())
        WalletEntry.objects.create(transfer=transfer, wallet=source, amount=-1)
        WalletEntry.objects.create(transfer=transfer, wallet=target, amount=1)
        source.balance -= 1
        target.balance += 1
        source.save()
        target.save()
    return 1


def post_hordak(pairs: Pairs) -> int:
    """Lock both accounts, check the balance, `transfer_to`."""
    amount = Money(1, EUR)
    source_code, target_code = (str(number) for number in pairs())
    with transaction.atomic():
        locked = HordakAccount.objects.select_for_update().filter(code__in=[source_code, target_code])
        accounts = {account.code: account for account in locked.order_by("code")}
        source, target = accounts[source_code], accounts[target_code]
        if source.get_simple_balance()[EUR] < amount:
            raise ValueError("insufficient funds")
        target.transfer_to(source, amount)  # between liabilities, the first is raised
    return 1


WAYS: dict[str, Callable[[Pairs], int]] = {
    "batch": post_batch,
    "single": post_single,
    "naive": post_naive,
    "hordak": post_hordak,
}
