"""Forms of jobs: the launch, and what is changed of a job."""

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from nosana.spec import DefinitionInvalid, definition_read

from apps.jobs.definitions import definition_offences
from apps.jobs.models import Job, Market
from apps.organisations.models import Project

DEFINITION_LIMIT = 400_000  # characters of text that are read at all


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


class KeepingForm(forms.Form):
    """How long logs are kept."""

    days = forms.IntegerField(
        min_value=1,
        max_value=3650,
        label="Days",
        help_text="Counted from a job’s end. Then its lines are deleted, for good; the job and its costs stay.",
        error_messages={
            "required": "Write for how many days.",
            "invalid": "Write the days as a whole number.",
            "min_value": "Logs are kept for one day at least.",
            "max_value": "Logs are kept for 3650 days at most.",
        },
    )


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


class SecretArea(forms.Textarea):
    """A text area whose content is never sent back, not even to whoever wrote it."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return the context of an empty area."""
        return super().get_context(name, None, attrs)


VISIBILITIES = [(Job.Visibility.PRIVATE, "Private"), (Job.Visibility.PUBLIC, "Public")]


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
    visibility = forms.ChoiceField(
        choices=VISIBILITIES,
        initial=Job.Visibility.PRIVATE,
        required=False,
        label="Who may read it",
        error_messages={"invalid_choice": "A job is private or public; choose one of the two."},
        widget=forms.RadioSelect(),
    )
    secrets = forms.CharField(
        required=False,
        strip=False,
        max_length=DEFINITION_LIMIT,
        label="Secrets",
        help_text="One NAME=value a line, or a JSON map. Write %%secret.NAME%% where the definition needs it.",
        error_messages={"max_length": "That is too long for secrets; move data into a resource."},
        widget=SecretArea(
            attrs={
                "rows": 3,
                "class": "code secret",
                "spellcheck": "false",
                "autocapitalize": "off",
                "autocomplete": "off",
                "placeholder": "HF_TOKEN=hf_…",
            }
        ),
    )
    secrets_of = forms.UUIDField(required=False, widget=forms.HiddenInput())
    submission_key = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = project_choices(projects)
        self.fields["project"].choices = choices  # type: ignore[attr-defined]
        # Whoever has one project to choose from need not be asked.
        self.fields["project"].required = len(choices) != 1

    def clean_visibility(self) -> str:
        """Return who may read the job: private where nothing is said."""
        return self.cleaned_data["visibility"] or Job.Visibility.PRIVATE

    def clean_secrets(self) -> dict[str, str]:
        """Return the secrets by name. Raises ValidationError that says which line, and never what stands in it."""
        return secrets_read(self.cleaned_data["secrets"])

    def clean(self) -> dict[str, Any]:
        """Check the definition once it is known who may read it. Raises no error; each is put at its field."""
        cleaned = super().clean() or {}
        if "definition" in cleaned:
            public = cleaned.get("visibility") == Job.Visibility.PUBLIC
            cleaned["definition"], sentences = definition_problems(cleaned["definition"], public=public)
            if sentences:
                self.add_error("definition", sentences)
        return cleaned


def secrets_read(text: str) -> dict[str, str]:
    """Return the secrets written as NAME=value lines, or as a JSON map. Raises ValidationError."""
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise forms.ValidationError(
                "The secrets begin like JSON and are none: close every quote and brace."
            ) from None
        if not all(isinstance(value, str) for value in found.values()):
            raise forms.ValidationError("Each secret is a text: put its value in quotes.")
        return dict(found)
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, separator, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not separator:
            raise forms.ValidationError(f"Line {number} of the secrets has no “=”: write NAME=value.")
        values[name.strip()] = value.strip()
    return values


def definition_problems(text: str, *, public: bool = False) -> tuple[dict[str, Any], list[str]]:
    """Return the definition written in JSON or YAML and what is wrong with it, one sentence with its path each."""
    try:
        value = definition_read(text)
    except DefinitionInvalid as refusal:
        return {}, [str(problem) for problem in refusal.problems]
    offences = definition_offences(value, public=public)
    problems = [f"{path}: {sentence}" if path else sentence for path, sentence in offences]
    return value if isinstance(value, dict) else {}, problems
