"""Forms of jobs: what is changed of a job."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.organisations.models import Project


def project_choices(projects: Iterable[Project]) -> list[tuple[str, str]]:
    """Return (slug, name) of each project; archived ones say so."""
    return [
        (one.slug, _now("%(project)s (archived)") % {"project": one.name} if one.archived_at else one.name)
        for one in projects
    ]


class ProjectForm(forms.Form):
    """The project a job shall belong to."""

    project = forms.ChoiceField(
        label=_("Project"),
        help_text=_("What it has cost and what is held for it stay counted where they were."),
        error_messages={"invalid_choice": _("Choose a live project in which you may launch jobs.")},
    )

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].choices = project_choices(projects)  # type: ignore[attr-defined]


class KeepingForm(forms.Form):
    """How long logs are kept."""

    days = forms.IntegerField(
        min_value=1,
        max_value=3650,
        label=_("Days"),
        help_text=_("Counted from a job’s end. Then its lines are deleted, for good; the job and its costs stay."),
        error_messages={
            "required": _("Write for how many days."),
            "invalid": _("Write the days as a whole number."),
            "min_value": _("Logs are kept for one day at least."),
            "max_value": _("Logs are kept for 3650 days at most."),
        },
    )


class ExtendForm(forms.Form):
    """A longer time limit for a job on the network."""

    timeout_minutes = forms.IntegerField(
        min_value=1,
        max_value=7 * 24 * 60,
        label=_("New time limit, minutes in all"),
        help_text=_("Counted from its start. What it does not use is released."),
        error_messages={
            "required": _("Set the new time limit in minutes."),
            "invalid": _("Write the time limit as a whole number of minutes."),
            "min_value": _("The time limit is at least 1 minute."),
            "max_value": _("The time limit is at most 7 days (10080 minutes)."),
        },
    )
