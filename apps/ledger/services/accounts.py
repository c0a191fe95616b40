"""Accounts: opened before they are used, locked before they are looked at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

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
    accounts_open([AccountSpec(code, currency, floor)])
    return Account.objects.get(code=code)


def accounts_open(specs: Sequence[AccountSpec]) -> None:
    """Open the accounts that are not open yet; one look where all are.

    Raises AccountMismatch for one that is open with another currency or floor, LegsInvalid for a floor above 0.
    """
    for spec in specs:
        if spec.floor is not None and spec.floor > 0:
            raise LegsInvalid(
                _("The floor of %(code)s is %(floor)s; an empty account needs 0 or less.")
                % {"code": spec.code, "floor": spec.floor}
            )
    found = _open(specs)
    missing = [spec for spec in specs if spec.code not in found]
    if missing:
        rows = [
            Account(
                code=spec.code, currency=spec.currency, floor=spec.floor, balance=None if spec.floor is None else 0
            )
            for spec in sorted(missing, key=lambda spec: spec.code)
        ]
        Account.objects.bulk_create(rows, ignore_conflicts=True)  # a twin may be opening them too
        found |= _open(missing)
    for spec in specs:
        currency, floor = found[spec.code]
        if (currency, floor) != (spec.currency, spec.floor):
            raise AccountMismatch(
                _(
                    "Account %(code)s is open in %(currency)s with floor %(floor)s; it cannot also be "
                    "%(currency2)s with floor %(floor2)s."
                )
                % {
                    "code": spec.code,
                    "currency": currency,
                    "floor": floor,
                    "currency2": spec.currency,
                    "floor2": spec.floor,
                }
            )


def _open(specs: Sequence[AccountSpec]) -> dict[str, tuple[str, int | None]]:
    rows = Account.objects.filter(code__in=[spec.code for spec in specs])
    return {code: (currency, floor) for code, currency, floor in rows.values_list("code", "currency", "floor")}


def accounts_lock(codes: Iterable[str]) -> dict[str, Account]:
    """Lock those of the accounts that have a floor until the transaction ends and return all, fresh, by code.

    For rules that must be checked before a transfer is posted. Codes that were never opened are left out.
    """
    return {account.code: account for account in Account.objects.raw(LOCK, {"codes": sorted(set(codes))})}
