"""Refusals of billing, each with a code, a status and one sentence."""

from datetime import datetime

from django.utils.translation import gettext as _

from apps.billing import sentences as said
from apps.core.errors import AppError, Conflict, NotFound
from apps.core.money import credits_text


class RateUnavailable(AppError):
    """There is no price of NOS that is recent enough to sell at."""

    code = "rate_unavailable"
    status = 503

    def __init__(self, currency: str) -> None:
        super().__init__(
            _("The price of NOS in %(currency)s is not known well enough at the moment; try again in a minute.")
            % {"currency": currency}
        )


class RateSourceBroken(AppError):
    """The source of the price of NOS answered something that is not a price, or did not answer."""

    code = "rate_source_broken"
    status = 502


class JumpOver(Conflict):
    """The price jump has ended before."""

    code = "jump_over"


class QuoteRefused(AppError):
    """The amount or currency of a top-up is not one we sell."""

    code = "quote_refused"


class QuoteUnknown(NotFound):
    """There is no such quote or offer for this organisation."""

    code = "quote_unknown"

    def __init__(self) -> None:
        super().__init__(_("There is no such price for this organisation; open the top-up page again."))


class InsufficientCredits(AppError):
    """The organisation has fewer credits than an act needs; the next step is a top-up."""

    code = "insufficient_credits"
    status = 402

    def __init__(self, *, needed_micro: int, usable_micro: int, organisation: str, slug: str) -> None:
        self.missing_micro = needed_micro - usable_micro
        super().__init__(
            _(said.MISSING)
            % {
                "needed": credits_text(needed_micro),
                "organisation": organisation,
                "usable": credits_text(usable_micro),
                "missing": credits_text(self.missing_micro),
            },
            step=(_("Top up"), f"/o/{slug}/billing/top-up/"),
            facts={
                "missing_micro": self.missing_micro,
                "needed_micro": needed_micro,
                "usable_micro": usable_micro,
            },
        )


class AmountInvalid(AppError):
    """An amount is negative, zero where it may not be, or no whole number."""

    code = "amount_invalid"


class HoldUnknown(NotFound):
    """There is no hold for this source."""

    code = "hold_unknown"


class HoldEnded(Conflict):
    """The hold ended before, in another way than is asked now."""

    code = "hold_ended"


class InvoiceUnknown(NotFound):
    """There is no invoice for this top-up."""

    code = "invoice_unknown"


class CreditExceedsInvoice(Conflict):
    """Credit notes would take back more than the invoice asked."""

    code = "credit_exceeds_invoice"


class SentTooOften(AppError):
    """The same document was mailed again and again."""

    code = "sent_too_often"
    status = 429


class PlaceDisputed(Conflict):
    """The signs of where a customer is say another country than its billing details."""

    code = "place_disputed"


class ViesUnreachable(AppError):
    """VIES, or the member state behind it, does not answer now."""

    code = "vies_unreachable"
    status = 503


class PeriodOpen(Conflict):
    """The month is not over, so there is no statement of it."""

    code = "period_open"


class PeriodClosed(Conflict):
    """The month was closed before; its statement stands."""

    code = "period_closed"


class StatementMismatch(AppError):
    """A statement would not agree with the ledger; nothing is issued and a person must look."""

    code = "statement_mismatch"
    status = 500


class VoucherRefused(Conflict):
    """The code is no voucher, or not for this organisation any more."""

    code = "voucher_refused"


class TooManyGuesses(AppError):
    """Too many codes were tried that are none."""

    code = "too_many_guesses"
    status = 429


class MoveRefused(Conflict):
    """Credits cannot go where somebody wants to move them."""

    code = "move_refused"


class ReversalRefused(Conflict):
    """More would go back than came, or than is left unspent."""

    code = "reversal_refused"


class ReversalEnded(Conflict):
    """The refund or dispute ended before, in another way than is asked now."""

    code = "reversal_ended"


class TopUpUnknown(NotFound):
    """No credits were ever given for this top-up."""

    code = "topup_unknown"


class LabelsRefused(AppError):
    """A label's name or value cannot be kept."""

    code = "labels_refused"


class CapReached(AppError):
    """A cap leaves less than an act needs; `left_micro` is what it leaves, `resets_at` when it begins anew.

    `cap` is its id and `name` whom it binds, for whoever is told of it.
    """

    code = "cap_reached"
    status = 402

    def __init__(
        self,
        message: str,
        *,
        level: str,
        period: str,
        limit_micro: int,
        left_micro: int,
        resets_at: datetime | None,
        step: tuple[str, str],
        cap: str = "",
        name: str = "",
    ) -> None:
        self.level, self.period, self.cap, self.name = level, period, cap, name
        self.limit_micro, self.left_micro, self.resets_at = limit_micro, left_micro, resets_at
        facts = {
            "cap": {"level": level, "period": period, "limit_micro": limit_micro, "left_micro": left_micro},
            "resets_at": resets_at and resets_at.isoformat(),
        }
        super().__init__(message, step=step, facts=facts)


class LimitRefused(AppError):
    """A cap or budget is not one that can be set: its subject, period or amount is wrong."""

    code = "limit_refused"
