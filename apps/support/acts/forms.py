"""The forms of the acts; each is the page on which the act is confirmed."""

from typing import Any

from django import forms
from django.utils import timezone

from apps.core.ids import uuid7
from apps.core.money import CURRENCIES
from apps.organisations.models import Organisation
from apps.support.acts.resending import things_to_send
from apps.support.acts.selectors import caps_to_set

INNER = "For the staff's trail; the organisation never reads it."
OUTER = "The organisation reads it in its trail, and so do colleagues."


class ActForm(forms.Form):
    """What every act asks for: why."""

    reason_help = INNER

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}), label="Why")

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        self.fields["reason"].help_text = self.reason_help
        self.order_fields([name for name in self.fields if name != "reason"])  # why comes last


class FreezeForm(ActForm):
    """How an organisation is frozen."""

    why = forms.CharField(
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="What its people read",
        help_text="A sentence under the one that says it is frozen, on every page and in the mail. It may be empty.",
    )
    stop_jobs = forms.BooleanField(
        required=False,
        label="Stop its jobs, too",
        help_text="Else what runs or waits goes on to its end, and is paid from what is reserved.",
    )


class CapForm(ActForm):
    """Which cap shall be how high; no amount takes it away."""

    reason_help = OUTER

    cap = forms.ChoiceField(label="Cap")
    credits = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=10**9,
        decimal_places=6,
        label="Credits",
        help_text="Empty: no cap. Above what you may alone, and to take a cap away, a colleague is asked.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cap"].choices = caps_to_set(self.organisation)  # type: ignore[attr-defined]


class LimitsForm(ActForm):
    """How much may be topped up at once, in a day and in a week."""

    reason_help = OUTER

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    currency = forms.ChoiceField(choices=[(one, one) for one in CURRENCIES], label="Currency")
    once = forms.DecimalField(min_value=0, max_value=10**9, decimal_places=2, label="At once")
    day = forms.DecimalField(min_value=0, max_value=10**9, decimal_places=2, label="Within 24 hours")
    week = forms.DecimalField(min_value=0, max_value=10**9, decimal_places=2, label="Within seven days")
    until = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        label="Until the end of",
        help_text="A day in UTC. Empty: until it is set anew.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("currency", self.organisation.currency)


class TrialForm(ActForm):
    """How long what is left of a trial lasts, and how much more there is to try with."""

    reason_help = OUTER

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    days = forms.IntegerField(min_value=1, max_value=366, label="Days from now")
    credits = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=10**9,
        decimal_places=6,
        label="More credits",
        help_text="Empty: none. What expired does not come back by itself; give it anew.",
    )


class ResendForm(ActForm):
    """What is sent again."""

    what = forms.ChoiceField(widget=forms.RadioSelect, label="What")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = things_to_send(self.organisation, now=timezone.now())
        self.fields["what"].choices = choices  # type: ignore[attr-defined]
        if not choices:
            self.fields["what"].help_text = "There is nothing to send again: every mail went, every event arrived."
