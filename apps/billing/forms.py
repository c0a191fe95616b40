"""Forms of billing: caps, budgets, and what of the usage is shown."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.billing.models import Budget, Cap, Level
from apps.billing.selectors import Dimension
from apps.billing.windows import Period
from apps.core.money import MICRO
from apps.organisations.models import Organisation

DAYS_LIMIT = 3 * 366  # of one table of usage


def subject_choices(organisation: Organisation, *, topup: bool) -> list[Any]:
    """Return whose limits can be set, as grouped choices of "level:id"."""
    projects = organisation.projects.filter(archived_at=None).order_by("name")
    members = organisation.memberships.select_related("user").order_by("user__name", "user__email")
    keys = organisation.api_keys.filter(revoked_at=None).order_by("name")
    groups: list[Any] = [(f"{Level.ORGANISATION}:", organisation.name)]
    if topup:
        groups.append((f"{Level.TOPUP}:", _("Automatic top-ups")))
    groups.append((_("Projects"), [(f"{Level.PROJECT}:{one.id}", one.name) for one in projects]))
    groups.append((_("Members"), [(f"{Level.MEMBER}:{one.user_id}", str(one.user)) for one in members]))
    groups.append((_("API keys"), [(f"{Level.KEY}:{one.id}", one.name) for one in keys]))
    return [group for group in groups if group[1]]


class LimitForm(forms.Form):
    """Whose spending, over what time, up to how much."""

    subject = forms.ChoiceField(label=gettext_lazy("Whose spending"))
    period = forms.ChoiceField(label=gettext_lazy("Over what time"))
    amount = forms.DecimalField(
        label=gettext_lazy("Credits"),
        min_value=Decimal(0),
        max_value=Decimal(10**10),
        decimal_places=6,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}),
        error_messages={"invalid": gettext_lazy("Write the credits as a number, such as 250 or 12.50.")},
    )
    topup = False
    periods: list[Period] = []  # noqa: RUF012 - a constant of each form

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subject"].choices = subject_choices(organisation, topup=self.topup)  # type: ignore[attr-defined]
        self.fields["period"].choices = [(one.value, one.label) for one in self.periods]  # type: ignore[attr-defined]

    @property
    def limit(self) -> dict[str, Any]:
        """Return level, subject, period and amount (micro-NOS) of a valid form."""
        level, _unused, subject_id = self.cleaned_data["subject"].partition(":")
        return {
            "level": level,
            "subject_id": subject_id,
            "period": self.cleaned_data["period"],
            "limit_micro": int(self.cleaned_data["amount"] * MICRO),
        }

    @staticmethod
    def initial_of(limit: Cap | Budget) -> dict[str, Any]:
        """Return the form's fields as the limit has them."""
        return {
            "subject": f"{limit.level}:{limit.subject_id}",
            "period": limit.period,
            "amount": Decimal(limit.limit_micro) / MICRO,
        }


class CapForm(LimitForm):
    """A cap."""

    topup = True
    periods = [Period.MONTH, Period.WEEK, Period.DAY, Period.LIFETIME, Period.JOB]  # noqa: RUF012
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("Read by whoever approves, where raising a cap needs an approval."),
    )


class BudgetForm(LimitForm):
    """A budget: the limit, when it is told, and to whom."""

    periods = [Period.MONTH, Period.WEEK, Period.DAY]  # noqa: RUF012
    marks = forms.CharField(
        label=gettext_lazy("Tell at"),
        max_length=60,
        required=False,
        initial="50, 80, 100",
        help_text=gettext_lazy("Percentages of the budget, such as 50, 80, 100."),
    )
    forecast = forms.BooleanField(
        label=gettext_lazy("Tell when the forecast passes it"), required=False, initial=True
    )
    people = forms.MultipleChoiceField(label=gettext_lazy("Whom to tell"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, organisation=organisation, **kwargs)
        members = organisation.memberships.select_related("user").order_by("user__name", "user__email")
        choices = [(str(one.user_id), str(one.user)) for one in members]
        self.fields["people"].choices = choices  # type: ignore[attr-defined]

    def clean_marks(self) -> list[int]:
        """Return the percentages."""
        parts = self.cleaned_data["marks"].replace("%", " ").replace(",", " ").split()
        if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
            raise forms.ValidationError(_("Write percentages with commas between them, such as 50, 80, 100."))
        return [int(part) for part in parts]

    def clean_people(self) -> list[int]:
        """Return the ids of the chosen people."""
        return [int(one) for one in self.cleaned_data["people"]]


class UsageForm(forms.Form):
    """Which usage is shown: by what, from which day to which, both included. What is left out is this month by day."""

    by = forms.ChoiceField(label=pgettext_lazy("grouping", "By"), choices=Dimension.choices)
    since = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, given: Mapping[str, str], *, today: date) -> None:
        until = given.get("until") or today.isoformat()
        data = {"by": given.get("by") or Dimension.DAY.value, "until": until}
        super().__init__(data | {"since": given.get("since") or f"{until[:8]}01"})

    def clean(self) -> dict[str, Any]:
        """Return the choice, or say why those days cannot be."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since is not None and until is not None:
            if since > until:
                raise forms.ValidationError(_("The first day is after the last one; swap them."))
            if until - since > timedelta(days=DAYS_LIMIT) or not 2000 <= since.year <= until.year <= 2100:
                raise forms.ValidationError(_("That is too long at once; choose three years at most."))
        return self.cleaned_data
