"""What payments keep in words for many readers: patterns in English, said again by core.retelling."""

from django.utils.translation import gettext_noop as _

from apps.core.retelling import sentences_of

# --- why a top-up came to nothing
NOT_PAID = _("The bank did not pay.")
CANCELLED = _("The payment was cancelled.")
UNCONFIRMED = _("The bank wanted the holder to confirm the payment, and nobody did while its price stood.")
CONFIRM = _("The bank wants the holder to confirm this payment; top up by hand to do so.")
CARD_REMOVED = _("The card %(card)s was removed; add one, and choose it for automatic top-ups.")
CARD_GONE = _("The card %(card)s was removed at Stripe.")

# --- what stood against a top-up
CEILINGS = {
    "once": _("%(name)s may top up %(limit)s at once for now, and %(left)s of that is left; %(growth)s"),
    "day": _("%(name)s may top up %(limit)s within 24 hours for now, and %(left)s of that is left; %(growth)s"),
    "week": _("%(name)s may top up %(limit)s within seven days for now, and %(left)s of that is left; %(growth)s"),
}
WRITE_FOR_MORE = _("write to %(mail)s if you need more.")
GROWS_ON = _("it becomes %(more)s on %(day)s.")
GROWS_AFTER_FIRST = _("it becomes %(more)s %(days)s days after the first payment.")
GROWS_AFTER_SOME = _(
    "it becomes %(more)s %(days)s days after the first payment, once %(count)s payments were made."
)
PACES = {
    "topups": _("%(count)s top-ups were begun within a short time; begin the next after %(time)s."),
    "declines": _("%(count)s payments were declined within a short time; try again after %(time)s."),
    "cards": _("%(count)s different cards were tried within a day; try again after %(time)s."),
}
MONTH_FULL = _("automatic top-ups may charge %(cap)s a month before VAT, and %(charged)s of it are used.")

# what Stripe says most often
STRIPES = (
    _("Your card was declined."),
    _("Your card has insufficient funds."),
    _("Your card has expired."),
    _("The card was declined."),
)

# --- refunds
ASKED = _("Asked for by the customer")
VAT_CONFIRMED = _("VIES has confirmed the VAT id")
AT_STRIPE = _("Made at Stripe")
GIVEN_UP = _("Given up by staff.")
DISPUTED = _("The payment was disputed before the refund was made.")
UNSPENT_BACK = _("%(gross)s go back: what is unspent of a top-up, at the price it was bought at.")
MORE_BACK = _("%(gross)s of the top-up of %(total)s go back, %(more)s more than its unspent credits cost.")
TOPUP, BOUGHT, BACK, UNSPENT, BALANCE = _("Top-up"), _("Bought"), _("Goes back"), _("Unspent share"), _("Balance")

# --- what our staff changed
ALLOWED = _("Our staff let you top up %(once)s at once, %(day)s within 24 hours and %(week)s within seven days.")


def kept_sentences() -> list[str]:
    """Return every sentence that is kept here."""
    return sentences_of(globals())
