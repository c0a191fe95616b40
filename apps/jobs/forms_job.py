"""Forms of a job's page, and of the search through all logs."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.jobs.grams import GRAM
from apps.jobs.levels import Level
from apps.jobs.models import NOTE_LIMIT
from apps.jobs.pairs import pairs_read
from apps.organisations.models import Project


class AgainForm(forms.Form):
    """A job once more: the key makes two presses one."""

    submission_key = forms.UUIDField(widget=forms.HiddenInput())


class NameForm(forms.Form):
    """A job's name."""

    name = forms.CharField(
        max_length=120,
        label=_("Name"),
        error_messages={
            "required": _("Give the job a name, so that you find it again."),
            "max_length": _("A name has 120 characters at most."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class RelabelForm(forms.Form):
    """Where reports shall count what a job has cost."""

    project = forms.ChoiceField(
        label=_("Project"), error_messages={"invalid_choice": _("Choose a project of the list.")}
    )
    labels = forms.CharField(
        required=False,
        max_length=4_000,
        label=_("Labels"),
        help_text=_("One a line, as name=value."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "code", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        max_length=200,
        label=_("Why"),
        help_text=_("One line for the audit trail."),
        error_messages={"required": _("Say in a few words why it is counted elsewhere.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.projects = {project.slug: project for project in projects}
        self.fields["project"].choices = [  # type: ignore[attr-defined]
            (slug, project.name) for slug, project in self.projects.items()
        ]

    def clean_labels(self) -> dict[str, str]:
        """Return the labels by name. Raises ValidationError that says which line."""
        return pairs_read(self.cleaned_data["labels"], str(_("labels")))


class NoteForm(forms.Form):
    """A note on a job."""

    text = forms.CharField(
        max_length=NOTE_LIMIT,
        label=_("Note"),
        help_text=_("Plain text; everybody who sees the job reads it."),
        error_messages={
            "required": _("The note is empty; write what others should know."),
            "max_length": _("A note has 4,000 characters at most; shorten it."),
        },
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput(), required=False)


class LogsForm(forms.Form):
    """What to look for in all logs."""

    q = forms.CharField(
        min_length=GRAM,
        max_length=200,
        label=_("Words"),
        error_messages={
            "required": _("Write what to look for."),
            "min_length": _("Write three letters at least."),
            "max_length": _("Write 200 letters at most."),
        },
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "placeholder": _("Words in any log")}
        ),
    )
    project = forms.ChoiceField(
        required=False, label=_("Project"), error_messages={"invalid_choice": _("Choose a project of the list.")}
    )
    job = forms.UUIDField(
        required=False,
        label=_("Job"),
        error_messages={"invalid": _("A job is named by its id, as in the address of its page.")},
    )
    level = forms.ChoiceField(
        required=False,
        label=_("Level"),
        choices=[("", _("All lines")), *Level.choices],
        error_messages={"invalid_choice": _("Choose a level of the list.")},
    )
    since = forms.DateField(
        required=False,
        label=_("From"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write a day as 2026-11-30.")},
    )
    until = forms.DateField(
        required=False,
        label=_("To"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write a day as 2026-11-30.")},
    )

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.projects = {project.slug: project for project in projects}
        choices = [("", _("All projects")), *((slug, project.name) for slug, project in self.projects.items())]
        self.fields["project"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Check that the days are in order. Raises ValidationError."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            raise forms.ValidationError(_("The first day must not lie behind the last one."))
        return cleaned

    @property
    def span(self) -> tuple[datetime | None, datetime | None]:
        """The moments between which lines are looked for; the last day counts whole."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        first = datetime.combine(since, time(), UTC) if since else None
        return first, datetime.combine(until, time(), UTC) + timedelta(days=1) if until else None
