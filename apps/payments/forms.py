"""The top-up form: a currency, and an amount before VAT within the limits."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings

from apps.core.money import CURRENCIES, fiat_text

PRESETS = (25, 100, 500)
DEFAULT_AMOUNT = "100"


class TopUpForm(forms.Form):
    """Reads what the person typed; `net_minor` is the amount in minor units."""

    currency = forms.ChoiceField(choices=[(code, code) for code in CURRENCIES])
    amount = forms.CharField(
        label="Amount before VAT",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    net_minor = 0

    def clean_amount(self) -> str:
        """Keep the amount as typed; accept a point or a comma before the cents."""
        typed = self.cleaned_data["amount"].strip()
        if not re.fullmatch(r"\d{1,9}([.,]\d{1,2})?", typed):
            raise forms.ValidationError("Write the amount in figures, like 25 or 25.50.")
        self.net_minor = int(Decimal(typed.replace(",", ".")) * 100)
        return typed

    def clean(self) -> dict[str, Any]:
        """Hold the amount against the limits, in one sentence that names both."""
        data = super().clean() or {}
        least, most = settings.TOPUP_MINIMUM_MINOR, settings.TOPUP_MAXIMUM_MINOR
        if "amount" in data and "currency" in data and not least <= self.net_minor <= most:
            currency = data["currency"]
            self.add_error("amount", f"Choose from {fiat_text(least, currency)} to {fiat_text(most, currency)}.")
        return data
