"""Forms of webhooks."""

from typing import Any

from django import forms

from apps.notifications.models import Endpoint
from apps.notifications.types import event_types

OVERLAPS = [("0", "at once"), ("1", "after an hour"), ("24", "after a day"), ("168", "after a week")]
SPANS = [("1", "the last hour"), ("24", "the last day"), ("168", "the last week"), ("720", "the last 30 days")]


class EndpointForm(forms.Form):
    """An endpoint: where it is and what it is told."""

    url = forms.CharField(
        max_length=500,
        label="Address",
        help_text="Where events are posted, such as https://example.com/hooks/nosana.",
        error_messages={"required": "Give the address that shall be told, such as https://example.com/hook."},
        widget=forms.URLInput(attrs={"autocomplete": "off", "class": "code", "spellcheck": "false"}),
    )
    description = forms.CharField(
        max_length=120, required=False, label="Description", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    types = forms.MultipleChoiceField(
        required=False,
        label="Events",
        help_text="None chosen: all of them, also those that come later.",
        widget=forms.CheckboxSelectMultiple,
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind.name, f"{kind.name}: {kind.sentence}") for kind in event_types().values()]
        self.fields["types"].choices = kinds  # type: ignore[attr-defined]

    @staticmethod
    def of(endpoint: Endpoint) -> dict[str, Any]:
        """Return what the form shows of an endpoint."""
        return {"url": endpoint.url, "description": endpoint.description, "types": endpoint.types}


class RotationForm(forms.Form):
    """How long the old secret signs too."""

    overlap = forms.ChoiceField(
        label="The old secret stops signing",
        choices=OVERLAPS,
        initial="24",
        help_text="Until then each event carries a signature by both.",
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput())


class ReplayForm(forms.Form):
    """What to send again."""

    hours = forms.ChoiceField(label="From", choices=SPANS, initial="24")
    everything = forms.ChoiceField(
        label="What",
        choices=[("", "what was given up"), ("yes", "every event, delivered or not")],
        required=False,
    )
