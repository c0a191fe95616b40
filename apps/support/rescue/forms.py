"""Forms of the acts on a job: every one asks why, and sent twice it acts once."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from apps.core.ids import uuid7
from apps.core.money import MICRO, credits_text
from apps.jobs.models import Job, Market
from apps.jobs.services import job_estimate
from apps.support.rescue.acts import LONGEST


class ReasonForm(forms.Form):
    """Why it is done."""

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    reason = forms.CharField(
        max_length=LONGEST,
        label="Why",
        help_text="Only staff read it, in their trail; the organisation reads that it was done, and by whom.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ToldForm(ReasonForm):
    """Why it is done, as the customer reads it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "The customer reads it, on the job's page and in their trail."


class MoveForm(ToldForm):
    """Where a waiting job shall go, and what its customer agreed to."""

    market = forms.ChoiceField(label="To")
    agreed = forms.DecimalField(
        label="At most, in credits",
        required=False,
        min_value=Decimal("0.000001"),
        max_digits=15,
        decimal_places=6,
        help_text="Only where the market is dearer: what the customer agreed that the job may hold.",
    )
    field_order = ["submission", "market", "agreed", "reason"]

    def __init__(self, *args: Any, job: Job, markets: Sequence[Market], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["market"].choices = [(one.slug, _words(one, job)) for one in markets]  # type: ignore[attr-defined]

    @property
    def agreed_micro(self) -> int:
        """What the customer agreed to, micro-NOS; 0 if nobody was asked."""
        return int((self.cleaned_data["agreed"] or 0) * MICRO)


class TryForm(ReasonForm):
    """Which try it is about."""

    attempt = forms.TypedChoiceField(label="Try", coerce=int)
    field_order = ["submission", "attempt", "reason"]

    def __init__(self, *args: Any, numbers: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attempt"].choices = [(number, f"Try {number}") for number in numbers]  # type: ignore[attr-defined]


class OrderForm(ReasonForm):
    """Which order is tried again."""

    order = forms.UUIDField(widget=forms.HiddenInput)


def _words(market: Market, job: Job) -> str:
    most = credits_text(job_estimate(market, job.timeout_s).total_micro)
    free = f"{market.nodes_waiting} free" if market.nodes_waiting else f"{market.queue_len} jobs before it"
    return f"{market.name}: at most {most} credits, {free}"
