"""Accounts: opened before they are used, locked before they are looked at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.ledger.errors import AccountMismatch, LegsInvalid
from apps.ledger.models import Account
from apps.ledger.sql import LOCK


@dataclass(frozen=True)
class AccountSpec:
    """An account to be opened; `floor` None makes it platform-wide."""

    code: str
    currency: str
    floor: int | None


def account_open(code: str, currency: str, floor: int | None) -> Account:
    """Open the account with a balance of 0, or return it if it is open.

    Raises AccountMismatch if it is open with another currency or floor.
    """
    return accounts_open([AccountSpec(code, currency, floor)])[0]


def accounts_open(specs: Sequence[AccountSpec]) -> list[Account]:
    """Open the accounts that are not open yet, in one statement, and return all in the order given.

    Raises AccountMismatch for one that is open with another currency or floor, LegsInvalid for a floor above 0.
    """
    for spec in specs:
        if spec.floor is not None and spec.floor > 0:
            raise LegsInvalid(f"The floor of {spec.code} is {spec.floor}; an empty account needs 0 or less.")
    rows = [
        Account(
            code=spec.code, currency=spec.currency, floor=spec.floor, balance=None if spec.floor is None else 0
        )
        for spec in sorted(specs, key=lambda spec: spec.code)
    ]
    Account.objects.bulk_create(rows, ignore_conflicts=True)
    found = Account.objects.in_bulk([spec.code for spec in specs], field_name="code")
    for spec in specs:
        account = found[spec.code]
        if (account.currency, account.floor) != (spec.currency, spec.floor):
            raise AccountMismatch(
                f"Account {spec.code} is open in {account.currency} with floor {account.floor}; "
                f"it cannot also be {spec.currency} with floor {spec.floor}."
            )
    return [found[spec.code] for spec in specs]


def accounts_lock(codes: Iterable[str]) -> dict[str, Account]:
    """Lock those of the accounts that have a floor until the transaction ends and return all, fresh, by code.

    For rules that must be checked before a transfer is posted. Codes that were never opened are left out.
    """
    return {account.code: account for account in Account.objects.raw(LOCK, {"codes": sorted(set(codes))})}
