"""The forms of the acts; each is the page on which the act is confirmed."""

from typing import Any

from django import forms

from apps.organisations.models import Organisation

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
