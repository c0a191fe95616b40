"""Ways to pay: cards, which settle at once, and one bank method per currency, which settles days later."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.words import Words

CARD = "card"


@dataclass(frozen=True)
class Method:
    """A way to pay as Stripe names it, as people do, and how long its money takes."""

    kind: str
    name: Words
    takes: Words = ""  # "" settles at once

    @property
    def later(self) -> bool:
        """Return whether the money comes days after the promise to pay it."""
        return self.kind != CARD


CARDS = Method(CARD, gettext_lazy("Card"))
BANKS = {
    "sepa_debit": Method(
        "sepa_debit", gettext_lazy("SEPA Direct Debit"), gettext_lazy("about five business days")
    ),
    "bacs_debit": Method(
        "bacs_debit", gettext_lazy("Bacs Direct Debit"), gettext_lazy("three to six business days")
    ),
    "us_bank_account": Method(
        "us_bank_account", gettext_lazy("US bank account (ACH)"), gettext_lazy("about four business days")
    ),
}


def method_named(kind: str) -> Method:
    """Return the way to pay that Stripe names so."""
    if kind == CARD:
        return CARDS
    return BANKS.get(kind) or Method(kind, kind.replace("_", " ").capitalize(), _("some business days"))


def methods_of(currency: str) -> list[Method]:
    """Return the ways to pay in a currency: card first, then the bank method that settings name for it."""
    bank = settings.STRIPE_BANK_METHODS.get(currency)
    return [CARDS, method_named(bank)] if bank else [CARDS]
