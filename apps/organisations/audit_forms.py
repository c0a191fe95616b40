"""Forms of the audit trail: what is searched for, and how long events are kept."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.organisations.models.organisations import AUDIT_RETENTION_MAXIMUM_DAYS, AUDIT_RETENTION_MINIMUM_DAYS
from apps.organisations.selectors import AuditFilters

DAY = {"invalid": gettext_lazy("Write a day as 2026-11-02.")}


class AuditFilterForm(forms.Form):
    """What the trail is narrowed to; days are those of UTC, both included."""

    q = forms.CharField(
        max_length=120,
        required=False,
        label=gettext_lazy("Text"),
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": gettext_lazy("Text"), "autocomplete": "off"}
        ),
    )
    act = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Act"),
        error_messages={"invalid_choice": gettext_lazy("There is no such act in this trail.")},
    )
    person = forms.CharField(
        max_length=120,
        required=False,
        label=gettext_lazy("Person"),
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Name or e-mail"), "autocomplete": "off"}),
    )
    subject = forms.CharField(
        max_length=120,
        required=False,
        label=gettext_lazy("Subject"),
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Subject"), "autocomplete": "off"}),
    )
    since = forms.DateField(
        required=False,
        label=gettext_lazy("From"),
        error_messages=DAY,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until = forms.DateField(
        required=False,
        label=gettext_lazy("To"),
        error_messages=DAY,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, data: Any, *, acts: list[str]) -> None:
        super().__init__(data)
        nouns = sorted({act.partition(".")[0] for act in acts})
        every = [(noun, _("everything on %(noun)s") % {"noun": noun}) for noun in nouns]
        self.fields["act"].choices = [("", _("All acts")), *every, *((act, act) for act in acts)]  # type: ignore[attr-defined]

    def narrow(self) -> list[forms.BoundField]:
        """Return the fields that few searches need."""
        return [self[name] for name in ("person", "subject", "since", "until")]

    def filters(self) -> AuditFilters:
        """Return what the valid form asks for."""
        chosen = self.cleaned_data
        since, until = chosen["since"], chosen["until"]
        return AuditFilters(
            act=chosen["act"],
            person=chosen["person"],
            subject=chosen["subject"],
            text=chosen["q"],
            since=since and datetime.combine(since, time(), tzinfo=UTC),
            until=until and datetime.combine(until, time(), tzinfo=UTC) + timedelta(days=1),
        )

    def clean_until(self) -> Any:
        """Return the last day. Raises ValidationError for a day after which the calendar ends."""
        until = self.cleaned_data["until"]
        if until is not None and until.year > 9000:
            raise forms.ValidationError(_("Write a day before the year 9000."))
        return until


class RetentionForm(forms.Form):
    """How long events are kept."""

    days = forms.IntegerField(
        required=False,
        min_value=AUDIT_RETENTION_MINIMUM_DAYS,
        max_value=AUDIT_RETENTION_MAXIMUM_DAYS,
        label=gettext_lazy("Keep events for, days"),
        help_text=gettext_lazy(
            "At least 90; empty keeps them for ever. Older ones are deleted, their digests stay."
        ),
        error_messages={
            "invalid": gettext_lazy("Write the number of days as a whole number."),
            "min_value": gettext_lazy("Events are kept for at least %(limit_value)s days."),
            "max_value": gettext_lazy("Write at most %(limit_value)s days, or leave it empty for ever."),
        },
    )
