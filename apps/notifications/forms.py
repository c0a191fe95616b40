"""Forms of notices and of webhooks."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.notifications.hours import HOURS
from apps.notifications.models import Endpoint, Reader
from apps.notifications.types import MailWay, chat_kinds, event_types, notice_kinds
from apps.organisations.services.organisations import time_zones

OVERLAPS = [("0", _("at once")), ("1", _("after an hour")), ("24", _("after a day")), ("168", _("after a week"))]
SPANS = [
    ("1", _("the last hour")),
    ("24", _("the last day")),
    ("168", _("the last week")),
    ("720", _("the last 30 days")),
]


class EndpointForm(forms.Form):
    """An endpoint: where it is and what it is told."""

    url = forms.CharField(
        max_length=500,
        label=_("Address"),
        help_text=_("Where events are posted, such as https://example.com/hooks/nosana."),
        error_messages={"required": _("Give the address that shall be told, such as https://example.com/hook.")},
        widget=forms.URLInput(attrs={"autocomplete": "off", "class": "code", "spellcheck": "false"}),
    )
    description = forms.CharField(
        max_length=120,
        required=False,
        label=_("Description"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    types = forms.MultipleChoiceField(
        required=False,
        label=_("Events"),
        help_text=_("None chosen: all of them, also those that come later."),
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


HOUR_CHOICES = [(hour, f"{hour:02}:00") for hour in HOURS]
CHAT_KINDS = [kind for kind in Endpoint.Kind if kind != Endpoint.Kind.WEBHOOK]
NO_HOUR = [("", _("none"))]


def _hour(text: Any) -> int | None:
    return None if text in (None, "") else int(text)


def zone_choices() -> list[tuple[str, Any]]:
    """Return the time zones, the organisation's first."""
    return [("", _("as the organisation")), *((name, name.replace("_", " ")) for name in time_zones())]


class ChoicesForm(forms.Form):
    """When a person's mails wait and when the daily mail goes; the kinds are read beside it."""

    quiet_from = forms.TypedChoiceField(
        label=_("Quiet from"), coerce=_hour, empty_value=None, required=False, choices=[*NO_HOUR, *HOUR_CHOICES]
    )
    quiet_until = forms.TypedChoiceField(
        label=_("Quiet until"), coerce=_hour, empty_value=None, required=False, choices=[*NO_HOUR, *HOUR_CHOICES]
    )
    daily_hour = forms.TypedChoiceField(label=_("The daily mail goes at"), coerce=int, choices=HOUR_CHOICES)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=zone_choices)

    @staticmethod
    def of(reader: Reader) -> dict[str, Any]:
        """Return what the form shows of a reader."""
        return {name: getattr(reader, name) for name in ("quiet_from", "quiet_until", "daily_hour", "time_zone")}

    def kinds(self, shown: list[str]) -> dict[str, dict[str, Any]]:
        """Return what was chosen of each kind that the page showed."""
        here = set(self.data.getlist("here")) if isinstance(self.data, QueryDict) else set()
        return {
            name: {"here": name in here, "mail": self.data.get(f"mail_{name}", MailWay.NONE.value)}
            for name in shown
            if name in notice_kinds()
        }


class ChatForm(forms.Form):
    """A channel of a chat: where it is and what it hears of."""

    kind = forms.ChoiceField(label=_("Chat"), choices=[(kind.value, kind.label) for kind in CHAT_KINDS])
    url = forms.CharField(
        max_length=500,
        required=False,
        label=_("Address of its incoming webhook"),
        help_text=_("Kept sealed and never shown again: whoever has it may write in the channel."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "code", "spellcheck": "false"}),
    )
    description = forms.CharField(
        max_length=120,
        required=False,
        label=_("Channel"),
        help_text=_("How you call it, such as #gpu-jobs."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    project = forms.ChoiceField(label=_("Project"), required=False)
    types = forms.MultipleChoiceField(
        required=False,
        label=_("Notices"),
        help_text=_("None chosen: all of them, also those that come later."),
        widget=forms.CheckboxSelectMultiple,
    )
    quiet_from = forms.TypedChoiceField(
        label=_("Quiet from"), coerce=_hour, empty_value=None, required=False, choices=[*NO_HOUR, *HOUR_CHOICES]
    )
    quiet_until = forms.TypedChoiceField(
        label=_("Quiet until"), coerce=_hour, empty_value=None, required=False, choices=[*NO_HOUR, *HOUR_CHOICES]
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, projects: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(name, kind.label) for name, kind in chat_kinds().items()]
        self.fields["types"].choices = kinds  # type: ignore[attr-defined]
        self.fields["project"].choices = [("", _("everything, whatever the project")), *projects]  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """Return what the form says, as the acts take it."""
        data = self.cleaned_data
        quiet = (data["quiet_from"], data["quiet_until"])
        return {name: data[name] for name in ("url", "types", "project", "description")} | {"quiet": quiet}

    @staticmethod
    def of(endpoint: Endpoint) -> dict[str, Any]:
        """Return what the form shows of a channel; its address is not shown."""
        shown = {
            name: getattr(endpoint, name) for name in ("kind", "description", "types", "quiet_from", "quiet_until")
        }
        return shown | {"project": endpoint.project.slug if endpoint.project else ""}


class RotationForm(forms.Form):
    """How long the old secret signs too."""

    overlap = forms.ChoiceField(
        label=_("The old secret stops signing"),
        choices=OVERLAPS,
        initial="24",
        help_text=_("Until then each event carries a signature by both."),
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput())


class ReplayForm(forms.Form):
    """What to send again."""

    hours = forms.ChoiceField(label=_("From"), choices=SPANS, initial="24")
    everything = forms.ChoiceField(
        label=_("What"),
        choices=[("", _("what it did not take")), ("yes", _("every event, delivered or not"))],
        required=False,
    )
