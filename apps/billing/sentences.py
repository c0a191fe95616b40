"""What billing keeps in words for many readers: patterns in English, said again by core.retelling."""

from django.utils.translation import gettext_noop as _

from apps.billing.windows import Period
from apps.core.retelling import sentences_of
from apps.organisations.sentences import AMOUNT, CREDITS, FOR  # noqa: F401 - said by billing as well

# --- why an invoice is corrected
REFUNDED, DISPUTED = _("Refund"), _("Dispute")
VAT_CONFIRMED = _("VIES has confirmed the VAT id %(vat_id)s; a new invoice follows")

# --- requests for an approval
CAP_RAISE = _("The cap of %(name)s, %(period)s, goes from %(before)s to %(after)s.")
NO_CAP = _("no cap")
NOW, PERIOD, THEN = _("Now"), _("Period"), _("Then")
PERIODS = {
    Period.LIFETIME: _("in all"),
    Period.MONTH: _("each month"),
    Period.WEEK: _("each week"),
    Period.DAY: _("each day"),
    Period.JOB: _("each job"),
}
GOODWILL = _("%(name)s is given %(amount)s, at the platform's cost.")
TRIAL = _("The trial of %(name)s lasts %(days)s more days, with %(amount)s more, at the platform's cost.")
LASTS, FOR_EVER, DAYS = _("They last"), _("for ever"), _("%(days)s days")

# --- notices
BUDGET_SPENT = _("%(mark)s %% of the budget of %(name)s is spent")
BUDGET_SHORT = _("The budget of %(name)s will not last")

# --- what our staff changed
TRIAL_LONGER = _("What is left of your trial, %(left)s credits, lasts until %(day)s.")
TRIAL_MORE = _("You have %(more)s more credits to try with, until %(day)s.")
TRIAL_BOTH = _(
    "You have %(more)s more credits to try with; they and the %(left)s that are left last until %(day)s."
)

# --- why a sale carries the VAT it does; also on invoices, in English
OUTSIDE_EU = _("Not subject to EU VAT: the customer is established outside the European Union.")
REVERSED = _("Reverse charge: VAT is to be accounted for by the customer (Article 196).")
VAT_UNCONFIRMED = _(
    "VAT of %(where)s (%(country)s) is charged because VIES has not confirmed the VAT id %(vat_id)s yet; when it does, "
    "this invoice is credited and replaced."
)
VAT_OF = _("VAT of %(where)s (%(country)s).")
OF_CUSTOMER, OF_SELLER = _("the customer's country"), _("the seller's country")

# --- refusals that a job tells of
MISSING = _(
    "This needs %(needed)s credits and %(organisation)s has %(usable)s: %(missing)s are missing. Top up, or choose a "
    "cheaper market or a shorter timeout."
)
CAP_OF_JOB = _(
    "This needs %(needed)s credits, but %(cap)s is %(limit)s: choose a cheaper market or a shorter timeout."
)
CAP_FOR_EVER = _(
    "This needs %(needed)s credits, but %(cap)s is %(limit)s: %(left)s are left, and it never starts anew."
)
CAP_UNTIL = _(
    "This needs %(needed)s credits, but %(cap)s is %(limit)s: %(left)s are left until it starts anew on %(day)s at "
    "%(time)s (%(zone)s)."
)
CAP_OF_ALL = _("%(name)s’s cap")
CAP_OF_PROJECT = _("the cap of the project “%(name)s”")
CAP_OF_MEMBER = _("the cap of %(name)s")
CAP_OF_KEY = _("the cap of the API key “%(name)s”")
CAP_OF_TOPUPS = _("%(name)s’s cap on automatic top-ups")
LIMITS = {
    Period.LIFETIME: _("%(credits)s credits in all"),
    Period.MONTH: _("%(credits)s credits each month"),
    Period.WEEK: _("%(credits)s credits each week"),
    Period.DAY: _("%(credits)s credits each day"),
    Period.JOB: _("%(credits)s credits each job"),
}
# --- where credits were moved from and to
POT = _("the pot of %(project)s")

# --- the VAT id
VAT_ID_WRONG = _("Its length or check digit is wrong.")

# --- why a hold ended without a settlement
FORGOTTEN = _("nobody ended it in time")

# --- words of ours that can stand inside one
PERIOD_LABELS = (_("Each month"), _("Each week"), _("Each day"), _("Each job"), _("In all"))


def kept_sentences() -> list[str]:
    """Return every sentence that is kept here."""
    return sentences_of(globals())
