"""Forms of jobs: the filters of the list, and the launch."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from nosana.spec import DefinitionInvalid, definition_read, definition_validate

from apps.jobs.models import Market
from apps.jobs.state import State
from apps.organisations.models import Project

TEMPLATES = Path(__file__).parent / "templates_data"
DEFINITION_LIMIT = 400_000  # characters of text that are read at all


@dataclass(frozen=True)
class Starter:
    """A definition to start from: what it is for, and how long it usually takes."""

    slug: str
    title: str
    summary: str
    minutes: int
    vram_gb: int
    definition: dict[str, Any]

    @property
    def text(self) -> str:
        """The definition as the editor shows it."""
        return json.dumps(self.definition, indent=2, ensure_ascii=False)


@cache
def starters() -> list[Starter]:
    """Return the definitions that ship with the platform, in their order."""
    files = [json.loads(path.read_text()) for path in sorted(TEMPLATES.glob("*.json"))]
    return [Starter(**data) for data in files]


class FilterForm(forms.Form):
    """What a list of jobs is narrowed to; bad values narrow to nothing less than all."""

    state = forms.ChoiceField(
        choices=[("", "All states"), *State.choices],
        required=False,
        label="State",
    )
    project = forms.ChoiceField(required=False, label="Project")
    q = forms.CharField(
        max_length=120,
        required=False,
        label="Name or address",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name or address", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].choices = [("", "All projects"), *project_choices(projects)]  # type: ignore[attr-defined]


def project_choices(projects: Iterable[Project]) -> list[tuple[str, str]]:
    """Return (slug, name) of each project; archived ones say so."""
    return [(one.slug, f"{one.name} (archived)" if one.archived_at else one.name) for one in projects]


class ProjectForm(forms.Form):
    """The project a job shall belong to."""

    project = forms.ChoiceField(
        label="Project",
        help_text="What it has cost and what is held for it stay counted where they were.",
        error_messages={"invalid_choice": "Choose a live project in which you may launch jobs."},
    )

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].choices = project_choices(projects)  # type: ignore[attr-defined]


class ExtendForm(forms.Form):
    """A longer time limit for a job on the network."""

    timeout_minutes = forms.IntegerField(
        min_value=1,
        max_value=7 * 24 * 60,
        label="New time limit, minutes in all",
        help_text="Counted from its start. What it does not use is released.",
        error_messages={
            "required": "Set the new time limit in minutes.",
            "invalid": "Write the time limit as a whole number of minutes.",
            "min_value": "The time limit is at least 1 minute.",
            "max_value": "The time limit is at most 7 days (10080 minutes).",
        },
    )


class LaunchForm(forms.Form):
    """A job to launch."""

    name = forms.CharField(
        max_length=120,
        label="Name",
        error_messages={"required": "Give the job a name, so that you find it again."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    definition = forms.CharField(
        label="Definition",
        strip=False,
        max_length=DEFINITION_LIMIT,
        error_messages={
            "required": "The definition is empty; start from one of the templates above.",
            "max_length": "The definition is too long; move data into a resource.",
        },
        widget=forms.Textarea(
            attrs={"rows": 18, "class": "code", "spellcheck": "false", "autocapitalize": "off", "wrap": "off"}
        ),
    )
    market = forms.ModelChoiceField(
        Market.objects.filter(open=True, hidden=False),
        to_field_name="slug",
        error_messages={
            "required": "Choose a market.",
            "invalid_choice": "This market is closed or unknown; choose another one.",
        },
    )
    timeout_minutes = forms.IntegerField(
        min_value=1,
        max_value=7 * 24 * 60,
        initial=10,
        label="Time limit, minutes",
        help_text="The job is ended after this long, and never costs more. What it does not use is released.",
        error_messages={
            "required": "Set a time limit in minutes.",
            "invalid": "Write the time limit as a whole number of minutes.",
            "min_value": "The time limit is at least 1 minute.",
            "max_value": "The time limit is at most 7 days (10080 minutes).",
        },
    )
    reason = forms.CharField(
        max_length=1000,
        required=False,
        label="Reason",
        help_text="For those who approve it, should the job need an approval.",
        error_messages={"max_length": "Write at most 1000 characters."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    project = forms.ChoiceField(
        label="Project", error_messages={"invalid_choice": "Choose a live project in which you may launch jobs."}
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = project_choices(projects)
        self.fields["project"].choices = choices  # type: ignore[attr-defined]
        # Whoever has one project to choose from need not be asked.
        self.fields["project"].required = len(choices) != 1

    def clean_definition(self) -> dict[str, Any]:
        """Return the definition as a value. Raises ValidationError with one sentence per offence."""
        value, sentences = definition_problems(self.cleaned_data["definition"])
        if sentences:
            raise forms.ValidationError(sentences)
        return value


def definition_problems(text: str) -> tuple[dict[str, Any], list[str]]:
    """Return the definition written in JSON or YAML and what is wrong with it, one sentence with its path each."""
    try:
        value = definition_read(text)
    except DefinitionInvalid as refusal:
        return {}, [str(problem) for problem in refusal.problems]
    problems = [str(problem) for problem in definition_validate(value) if problem.level == "error"]
    return value if isinstance(value, dict) else {}, problems
