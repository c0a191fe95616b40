"""Forms of API keys: a new one, and a rotation."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.organisations.models import ApiKey, Grant, Project
from apps.organisations.roles import Permission
from apps.organisations.services.keys import SCOPES

LIVES = [
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("a year")),
    ("", gettext_lazy("does not expire")),
]
USUAL = {Permission.ORGANISATION_VIEW, Permission.JOBS_VIEW, Permission.JOBS_LAUNCH, Permission.JOBS_STOP}
OVERLAPS = [
    ("0", gettext_lazy("at once")),
    ("1", gettext_lazy("after an hour")),
    ("24", gettext_lazy("after a day")),
    ("168", gettext_lazy("after a week")),
]


class KeyForm(forms.Form):
    """A key to make; it offers what its maker may give."""

    name = forms.CharField(
        max_length=80,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("What will use it, so that you know it again."),
        error_messages={"required": gettext_lazy("Give the key a name, such as what will use it.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ApiKey.Kind.choices, widget=forms.RadioSelect)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("It may"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one scope; without any, the key could do nothing.")
        },
    )
    project = forms.ChoiceField(label=gettext_lazy("In"), required=False)
    life = forms.ChoiceField(label=gettext_lazy("Expires after"), choices=LIVES, required=False, initial="90")
    networks = forms.CharField(
        required=False,
        max_length=4000,
        label=gettext_lazy("Only from these addresses"),
        help_text=gettext_lazy(
            "Addresses or networks, one a line: 203.0.113.7 or 2001:db8::/32. Empty: from anywhere."
        ),
        widget=forms.Textarea(attrs={"rows": 2, "class": "code", "spellcheck": "false", "autocapitalize": "off"}),
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, grant: Grant, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[tuple[str, str]]] = {
            "scopes": [(scope.value, f"{scope.label} ({scope.value})") for scope in SCOPES if grant.may(scope)],
            "project": [
                ("", _("the whole organisation")),
                *((one.slug, _("only %(one)s") % {"one": one.name}) for one in projects),
            ],
            "kind": [
                (
                    ApiKey.Kind.PERSONAL,
                    _("Personal: acts as you, never more than you may, ends with your membership"),
                ),
                (ApiKey.Kind.SERVICE, _("Service: belongs to the organisation and outlives its maker")),
            ],
        }
        if not grant.may(Permission.KEYS_MANAGE_ALL):
            del self.fields["kind"]
        for name in choices.keys() & self.fields.keys():
            self.fields[name].choices = choices[name]  # type: ignore[attr-defined]
        self.initial.setdefault("kind", ApiKey.Kind.PERSONAL)
        self.initial.setdefault("scopes", [scope for scope, _unused in choices["scopes"] if scope in USUAL])

    def expires_at(self, now: datetime) -> datetime | None:
        """Return when the key ends."""
        days = self.cleaned_data["life"]
        return now + timedelta(days=int(days)) if days else None

    def network_lines(self) -> list[str]:
        """Return each network that was written."""
        return [line for line in self.cleaned_data["networks"].replace(",", "\n").split() if line]


class RotationForm(forms.Form):
    """How long the old key goes on."""

    overlap = forms.ChoiceField(
        label=gettext_lazy("The old key stops working"),
        choices=OVERLAPS,
        initial="24",
        help_text=gettext_lazy("Until then both keys work."),
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput())
