"""Refusals of the books, each with a code, a status and one sentence."""

from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict


class UnknownAccount(AppError):
    """A leg names an account that was never opened."""

    code = "unknown_account"


class AccountMismatch(Conflict):
    """An account is opened again with another currency or floor."""

    code = "account_mismatch"


class LegsInvalid(AppError):
    """The legs are empty, zero, too large, fractional, in the wrong currency, or do not sum to zero."""

    code = "legs_invalid"


class InsufficientFunds(AppError):
    """A transfer would take an account below its floor."""

    code = "insufficient_funds"
    status = 402

    def __init__(self, *, account: str, missing: int, key: str) -> None:
        super().__init__(
            _("Transfer %(key)s takes %(account)s %(missing)s below what it may hold; nothing was posted.")
            % {"key": key, "account": account, "missing": missing}
        )
        self.account = account
        self.missing = missing


class UnknownTransfer(AppError):
    """There is no transfer with this key."""

    code = "unknown_transfer"
    status = 404


class AlreadyReversed(Conflict):
    """The transfer was reversed before, under another key."""

    code = "already_reversed"
