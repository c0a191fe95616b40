"""What payments refuse, and what they leave to a person."""

import uuid

from django.db import DataError
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict

# Raised by what no column takes: a zero byte, half a character, a number beyond all bounds. A repeat would not help.
UNKEEPABLE = (DataError, UnicodeEncodeError)


class Parked(Exception):
    """What Stripe says does not fit what we know; a person must look before money moves."""

    def __init__(self, reason: str, *, topup_id: uuid.UUID | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.topup_id = topup_id


class QuoteOver(Conflict):
    """The quote's price can no longer be paid."""

    code = "quote_over"


class MethodRefused(AppError):
    """This way to pay is not offered in this currency."""

    code = "method_refused"

    def __init__(self, currency: str) -> None:
        super().__init__(
            _("%(currency)s is not paid this way here; choose one of the ways the top-up page shows.")
            % {"currency": currency}
        )


class PaymentUnknownYet(AppError):
    """Money goes back of a payment whose own news has not come yet; a repeat later will find it."""

    code = "payment_unknown_yet"
    status = 503
