"""The form of automatic top-ups. What may be is the rule's own business, not the form's."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.billing.credit_forms import credits_field
from apps.core.money import CURRENCIES, MICRO
from apps.core.words import Words
from apps.payments.models import Card, TopUpRule
from apps.payments.services import RuleWish

OF_MODE = {TopUpRule.Mode.THRESHOLD: ("below", "amount"), TopUpRule.Mode.FORECAST: ("days",)}
DEFAULTS = {"mode": "threshold", "below": "50", "amount": "100", "days": 7, "month_cap": "500"}


def fiat_field(label: Words, **options: Any) -> forms.DecimalField:
    """Return a field of an amount before VAT with at most two decimals."""
    return forms.DecimalField(
        label=label,
        max_value=Decimal(10**9),
        min_value=Decimal(0),
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}),
        error_messages={"invalid": gettext_lazy("Write the amount in figures, like 25 or 25.50.")},
        **options,
    )


class RuleForm(forms.Form):
    """When a card is charged by itself, how much, and with which card."""

    mode = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=TopUpRule.Mode.choices,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    below = credits_field(label=gettext_lazy("Fewer credits than"), required=False)
    amount = fiat_field(gettext_lazy("Add each time, before VAT"), required=False)
    days = forms.IntegerField(
        label=gettext_lazy("Keep credits for so many days"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 3}),
        error_messages={"invalid": gettext_lazy("Write the days as a whole number, such as 7.")},
    )
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=[(code, code) for code in CURRENCIES])
    month_cap = fiat_field(gettext_lazy("At most in a month, before VAT"))
    card = forms.ChoiceField(label=gettext_lazy("Card"))

    def __init__(self, *args: Any, cards: list[Card], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (str(card.id), _("%(card)s, until %(expires)s") % {"card": card, "expires": card.expires_text})
            for card in cards
        ]
        self.fields["card"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Leave out what belongs to the mode that was not chosen: its fields are not even shown."""
        typed = super().clean() or self.cleaned_data
        for mode, names in OF_MODE.items():
            if typed.get("mode") not in (None, mode):
                for name in names:
                    typed[name] = None
                    self.errors.pop(name, None)
        return typed

    @property
    def wish(self) -> RuleWish:
        """Return what a valid form asks for, switched on."""
        typed = self.cleaned_data
        below, amount = typed["below"], typed["amount"]
        return RuleWish(
            on=True,
            mode=typed["mode"],
            currency=typed["currency"],
            month_cap_minor=int(typed["month_cap"] * 100),
            below_micro=None if below is None else int(below * MICRO),
            amount_minor=None if amount is None else int(amount * 100),
            days=typed["days"],
            card_id=uuid.UUID(typed["card"]),
        )

    @staticmethod
    def initial_of(rule: TopUpRule | None, currency: str) -> dict[str, Any]:
        """Return the form's fields as the rule has them, or as most begin."""
        fields: dict[str, Any] = {**DEFAULTS, "currency": currency if currency in CURRENCIES else CURRENCIES[0]}
        if rule is None:
            return fields
        fields |= {
            "mode": rule.mode,
            "currency": rule.currency,
            "month_cap": Decimal(rule.month_cap_minor).scaleb(-2),
            "card": str(rule.card_id),
        }
        if rule.below_micro is not None and rule.amount_minor is not None:
            fields |= {
                "below": Decimal(rule.below_micro) / MICRO,
                "amount": Decimal(rule.amount_minor).scaleb(-2),
            }
        if rule.days is not None:
            fields["days"] = rule.days
        return fields
