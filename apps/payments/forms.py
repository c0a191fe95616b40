"""The top-up form: a currency and an amount before VAT. What may be sold is billing's rule, not the form's."""

import re
from decimal import Decimal

from django import forms

from apps.core.money import CURRENCIES

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
