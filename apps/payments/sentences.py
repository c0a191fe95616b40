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
