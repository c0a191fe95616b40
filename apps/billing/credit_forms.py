"""Forms of credits: a voucher's code, a move, and when to be warned."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.billing.models import BalanceAlert
from apps.billing.selectors.credits import Pot, sisters_of
from apps.core.money import MICRO
from apps.organisations.models import Membership

HERE = "here"


class VoucherForm(forms.Form):
    """The code somebody was given."""

    code = forms.CharField(
        label=gettext_lazy("Voucher code"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )


def credits_field(**options: Any) -> forms.DecimalField:
    """Return a field of credits with at most six decimals."""
    return forms.DecimalField(
        max_value=Decimal(10**10),
        decimal_places=6,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}),
        error_messages={"invalid": gettext_lazy("Write the credits as a number, such as 250 or 12.50.")},
        **options,
    )


class MoveForm(forms.Form):
    """From where to where, and how much; `key` makes a second click the same move."""

    source = forms.ChoiceField(label=gettext_lazy("From"))
    target = forms.ChoiceField(label=pgettext_lazy("a place", "To"))
    amount = credits_field(label=gettext_lazy("Credits"), min_value=Decimal("0.000001"))
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, membership: Membership, pots: list[Pot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisation = membership.organisation
        here = [(HERE, _("%(organisation)s, for all projects") % {"organisation": organisation.name})]
        live = organisation.projects.filter(archived_at=None).order_by("name")
        projects = [(f"project:{one.id}", _("Pot of %(project)s") % {"project": one.name}) for one in live]
        sisters = [(f"organisation:{one.id}", one.name) for one in sisters_of(membership)]
        full = [
            (
                f"project:{pot.project.id}",
                _("Pot of %(project)s") % {"project": pot.project.name},
            )
            for pot in pots
        ]
        self.fields["source"].choices = [*here, *full]  # type: ignore[attr-defined]
        self.fields["target"].choices = [*projects, *here, *sisters]  # type: ignore[attr-defined]

    @property
    def micro(self) -> int:
        """Return the amount of a valid form in micro-NOS."""
        return int(self.cleaned_data["amount"] * MICRO)

    def chosen(self, field: str) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        """Return (organisation, project) of a valid form's choice; None for its own organisation, and no pot."""
        kind, _unused, found = self.cleaned_data[field].partition(":")
        return (
            uuid.UUID(found) if kind == "organisation" else None,
            uuid.UUID(found) if kind == "project" else None,
        )


class AlertForm(forms.Form):
    """When to be warned of a low balance, and who."""

    below = credits_field(label=gettext_lazy("When fewer credits are left than"), required=False)
    hours = forms.IntegerField(
        label=gettext_lazy("When they last fewer hours than"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 6}),
        help_text=gettext_lazy("Judged by what jobs used and reserved in the last day."),
        error_messages={"invalid": gettext_lazy("Write the hours as a whole number, such as 48.")},
    )
    addresses = forms.CharField(
        label=gettext_lazy("E-mail addresses"),
        required=False,
        max_length=3_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One a line; empty: the finance address."),
    )

    @property
    def choice(self) -> dict[str, Any]:
        """Return level (micro-NOS), hours and addresses of a valid form."""
        below = self.cleaned_data["below"]
        return {
            "below_micro": None if below is None else int(below * MICRO),
            "hours": self.cleaned_data["hours"],
            "addresses": self.cleaned_data["addresses"].replace(",", "\n").replace(";", "\n").split("\n"),
        }

    @staticmethod
    def initial_of(alert: BalanceAlert) -> dict[str, Any]:
        """Return the form's fields as they were chosen."""
        return {
            "below": None if alert.below_micro is None else Decimal(alert.below_micro) / MICRO,
            "hours": alert.hours,
            "addresses": "\n".join(alert.addresses),
        }
