"""The top-up form: currency, amount before VAT, way to pay. What may be sold is billing's rule, not the form's."""

import re
from collections.abc import Mapping
from decimal import Decimal

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.money import CURRENCIES
from apps.payments.methods import CARD, CARDS, Method, methods_of

DEFAULT_AMOUNT = "100"


class TopUpForm(forms.Form):
    """Reads what the person typed; `net_minor` is the amount in minor units."""

    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=[(code, code) for code in CURRENCIES])
    amount = forms.CharField(
        label=gettext_lazy("Amount before VAT"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    net_minor = 0

    def __init__(self, data: Mapping[str, str]) -> None:
        super().__init__(data)
        known = data.get("currency") in CURRENCIES
        self.methods: list[Method] = methods_of(data["currency"]) if known else [CARDS]
        self.presets: list[int] = settings.TOPUP_PRESETS.get(data.get("currency"), [])
        # A bank method belongs to its currency; whoever changes the currency pays by card until they choose again.
        chosen = data.get("method", CARD)
        self.method = next((method for method in self.methods if method.kind == chosen), CARDS)

    def clean_amount(self) -> str:
        """Keep the amount as typed; accept a point or a comma before the cents."""
        typed = self.cleaned_data["amount"].strip()
        if not re.fullmatch(r"\d{1,9}([.,]\d{1,2})?", typed):
            raise forms.ValidationError(_("Write the amount in figures, like 25 or 25.50."))
        self.net_minor = int(Decimal(typed.replace(",", ".")) * 100)
        return typed
