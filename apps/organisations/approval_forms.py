"""Forms of approvals: the decision, and the limits above which one is needed."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy

from apps.core.money import MICRO
from apps.core.words import Words
from apps.organisations.models import Organisation


class DecisionForm(forms.Form):
    """Approve or deny what was looked at."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[("approve", gettext_lazy("Approve")), ("deny", gettext_lazy("Deny"))],
        error_messages={
            "required": gettext_lazy("Press Approve or Deny."),
            "invalid_choice": gettext_lazy("Press Approve or Deny."),
        },
    )
    round = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput())
    note = forms.CharField(
        max_length=1000,
        required=False,
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("Who asked reads it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def credits_field(label: Words, help_text: Words) -> forms.DecimalField:
    """Return a field for an amount of credits, or nothing."""
    return forms.DecimalField(
        required=False,
        min_value=Decimal(0),
        max_value=Decimal(10**9),
        max_digits=16,
        decimal_places=6,
        localize=True,
        label=label,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": gettext_lazy("Write an amount of credits as a number, such as 12.5."),
            "min_value": gettext_lazy("The limit cannot be below 0 credits."),
            "max_value": gettext_lazy("The limit is at most 1,000,000,000 credits."),
            "max_digits": gettext_lazy("The limit is at most 1,000,000,000 credits, with at most six decimals."),
            "max_decimal_places": gettext_lazy("Credits have at most six decimals."),
        },
    )


class LimitsForm(forms.Form):
    """Above which amounts somebody must approve."""

    job = credits_field(
        gettext_lazy("Jobs above, credits"),
        gettext_lazy("The most a job can cost counts. Empty: no job needs an approval."),
    )
    cap = credits_field(
        gettext_lazy("Caps raised above, credits"), gettext_lazy("Empty: caps are raised without an approval.")
    )

    @classmethod
    def of(cls, organisation: Organisation) -> "LimitsForm":
        """Return the form filled in as the limits are."""
        return cls(
            initial={
                "job": _credits(organisation.approval_job_micro),
                "cap": _credits(organisation.approval_cap_micro),
            }
        )

    def micro(self, name: str) -> int | None:
        """Return an amount of the valid form in micro-NOS; None for an empty field."""
        amount: Decimal | None = self.cleaned_data[name]
        return None if amount is None else int(amount * MICRO)


def _credits(micro: int | None) -> Decimal | None:
    return None if micro is None else Decimal(micro) / MICRO
