"""The forms of the launch page."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.core.money import MICRO
from apps.jobs.editing import definition_marks
from apps.jobs.forms import project_choices
from apps.jobs.gallery import Gpu, Recipe
from apps.jobs.gallery.forms import CODE, TEXT_LIMIT
from apps.jobs.models import Job, Market
from apps.jobs.pairs import pairs_read
from apps.jobs.picker import SORTS, Need
from apps.organisations.models import Project

VISIBILITIES = [(Job.Visibility.PRIVATE, _("Private")), (Job.Visibility.PUBLIC, _("Public"))]
HOWS = {"template": _("Template"), "container": _("Own container"), "definition": _("Definition")}
PREFIX = "var-"
PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
# What an empty editor shows: a whole definition.
EXAMPLE = """{
  "version": "0.1",
  "type": "container",
  "ops": [
    {
      "id": "hello",
      "type": "container/run",
      "args": {
        "image": "docker.io/library/python:3.12-slim",
        "cmd": ["python", "-c", "print('hello')"],
        "gpu": true
      }
    }
  ]
}"""


class SecretArea(forms.Textarea):
    """A text area whose content is never sent back, not even to whoever wrote it."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return the context of an empty area."""
        return super().get_context(name, None, attrs)


class LaunchForm(forms.Form):
    """A job to launch, but for what it runs where that comes from a template or a form of its own."""

    how = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput())
    name = forms.CharField(
        max_length=120,
        label=_("Name"),
        error_messages={"required": _("Give the job a name, so that you find it again.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    definition = forms.CharField(
        label=_("Definition"),
        required=False,
        strip=False,
        max_length=TEXT_LIMIT,
        error_messages={
            "required": _("The definition is empty; start from one of the templates."),
            "max_length": _("The definition is too long; move data into a resource."),
        },
        widget=forms.Textarea(attrs={"rows": 22, "placeholder": EXAMPLE, **CODE}),
    )
    market = forms.ModelChoiceField(
        Market.objects.filter(open=True, hidden=False),
        to_field_name="slug",
        error_messages={
            "required": _("Choose a market."),
            "invalid_choice": _("This market is closed or unknown; choose another one."),
        },
    )
    timeout_minutes = forms.IntegerField(
        min_value=1,
        max_value=7 * 24 * 60,
        initial=10,
        label=_("Time limit, minutes"),
        help_text=_("The job is ended after this long, and never costs more. What it does not use is released."),
        error_messages={
            "required": _("Set a time limit in minutes."),
            "invalid": _("Write the time limit as a whole number of minutes."),
            "min_value": _("The time limit is at least 1 minute."),
            "max_value": _("The time limit is at most 7 days (10080 minutes)."),
        },
    )
    reason = forms.CharField(
        max_length=1000,
        required=False,
        label=_("Reason"),
        help_text=_("For those who approve it, should the job need an approval."),
        error_messages={"max_length": _("Write at most 1000 characters.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    project = forms.ChoiceField(
        label=_("Project"),
        error_messages={"invalid_choice": _("Choose a live project in which you may launch jobs.")},
    )
    visibility = forms.ChoiceField(
        choices=VISIBILITIES,
        initial=Job.Visibility.PRIVATE,
        required=False,
        label=_("Who may read it"),
        error_messages={"invalid_choice": _("A job is private or public; choose one of the two.")},
        widget=forms.RadioSelect(),
    )
    secrets = forms.CharField(
        required=False,
        strip=False,
        max_length=TEXT_LIMIT,
        label=_("Secrets"),
        help_text=_("One NAME=value a line, or a JSON map. Write %%secret.NAME%% where the definition needs it."),
        error_messages={"max_length": _("That is too long for secrets; move data into a resource.")},
        widget=SecretArea(attrs={"rows": 3, "class": "code secret", "placeholder": "HF_TOKEN=hf_…", **PLAIN}),
    )
    labels = forms.CharField(
        required=False,
        strip=False,
        max_length=4_000,
        label=_("Labels"),
        help_text=_("One name=value a line: team=vision. Usage can be counted by them."),
        widget=forms.Textarea(attrs={"rows": 2, "class": "code", **PLAIN}),
    )
    node = forms.CharField(
        required=False,
        max_length=60,
        label=_("Only this node"),
        help_text=_("The address of a node that waits in the market you chose. Empty: the next free one."),
        widget=forms.TextInput(attrs={"class": "mono", **PLAIN}),
    )
    secrets_of = forms.UUIDField(required=False, widget=forms.HiddenInput())
    submission_key = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = project_choices(projects)
        self.fields["project"].choices = choices  # type: ignore[attr-defined]
        how = self.data.get("how", "") if self.is_bound else self.initial.get("how", "")
        self.fields["definition"].required = how not in ("template", "container")
        # Whoever has one project to choose from need not be asked.
        self.fields["project"].required = len(choices) != 1

    def clean_visibility(self) -> str:
        """Return who may read the job: private where nothing is said."""
        return self.cleaned_data["visibility"] or Job.Visibility.PRIVATE

    def clean_secrets(self) -> dict[str, str]:
        """Return the secrets by name. Raises ValidationError that says which line, and never what stands in it."""
        return secrets_read(self.cleaned_data["secrets"])

    def clean_labels(self) -> dict[str, str]:
        """Return the labels by name. Raises ValidationError that says which line."""
        return pairs_read(self.cleaned_data["labels"], _now("labels"))

    def clean(self) -> dict[str, Any]:
        """Check a definition once it is known who may read it. Raises no error; each is put at its field."""
        cleaned = super().clean() or {}
        if cleaned.get("how") not in ("template", "container") and "definition" in cleaned:
            if not cleaned["definition"].strip():
                self.add_error("definition", _("The definition is empty; start from one of the templates."))
                return cleaned
            public = cleaned.get("visibility") == Job.Visibility.PUBLIC
            cleaned["definition"], marks = definition_marks(cleaned["definition"], public=public)
            if marks:
                self.add_error("definition", [str(mark) for mark in marks])
        return cleaned


class VariablesForm(forms.Form):
    """What a template asks; secrets are never shown again."""

    def __init__(self, recipe: Recipe, *args: Any, kept: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recipe = recipe
        self.kept = set(kept)
        for one in recipe.variables:
            self.fields[f"{PREFIX}{one.name}"] = _field(one, one.required and one.name not in self.kept)

    def clean(self) -> dict[str, Any]:
        """Check each value by its variable. Raises no error; each is put at its field."""
        cleaned = super().clean() or {}
        self.values: dict[str, str] = {}
        for one in self.recipe.variables:
            name = f"{PREFIX}{one.name}"
            if name in self.errors:
                continue
            text = cleaned.get(name, "")
            if not text and one.name in self.kept:
                self.values[one.name] = "kept"
                continue
            try:
                self.values[one.name] = one.clean(text)
            except ValueError as refusal:
                self.add_error(name, str(refusal))
        return cleaned

    @property
    def secrets(self) -> dict[str, str]:
        """Return the secrets that were given, by name."""
        given = {one.name for one in self.recipe.variables if one.kind == "secret"}
        return {
            name: value
            for name, value in self.values.items()
            if name in given and value and name not in self._unsaid
        }

    @property
    def _unsaid(self) -> set[str]:
        return {name for name in self.kept if not self.cleaned_data.get(f"{PREFIX}{name}")}


def _field(variable: Any, required: bool) -> forms.Field:
    facts: dict[str, Any] = {
        "label": f"{variable.title}, {variable.unit}" if variable.unit else variable.title,
        "help_text": variable.hint,
        "initial": variable.default,
        "required": required,
        "error_messages": {"required": _now("%(name)s needs a value.") % {"name": variable.title}},
    }
    if variable.kind == "choice":
        return forms.ChoiceField(choices=[(one, one) for one in variable.choices], **facts)
    widget: forms.Widget = forms.TextInput(attrs=PLAIN)
    if variable.kind == "secret":
        widget = forms.PasswordInput(attrs=PLAIN, render_value=False)
    elif variable.kind == "number":
        bounds = {"min": variable.least, "max": variable.most, "inputmode": "numeric"}
        widget = forms.NumberInput(attrs={key: value for key, value in bounds.items() if value is not None})
    elif "\n" in variable.default or len(variable.default) > 60:
        widget = forms.Textarea(attrs={"rows": 3, "class": "code", **PLAIN})
    return forms.CharField(widget=widget, strip=False, **facts)


class NeedForm(forms.Form):
    """What somebody looks for in a GPU; bad values look for anything."""

    need_vram = forms.IntegerField(min_value=0, max_value=2_000, required=False, label=_("GPU memory, GB"))
    need_gpu = forms.ChoiceField(choices=Gpu.choices, required=False, label=_("Vendor"))
    need_price = forms.DecimalField(
        min_value=0, max_value=10**6, decimal_places=6, required=False, label=_("Credits an hour, at most")
    )
    need_sort = forms.ChoiceField(choices=list(SORTS.items()), required=False, label=_("Sort by"))
    need_free = forms.BooleanField(required=False, label=_("Free at once"))

    @classmethod
    def read(cls, data: Mapping[str, Any], otherwise: Need) -> tuple["NeedForm", Need]:
        """Return the form and the need it stands for; where it was not sent, the need of what is to run."""
        if "need_sort" not in data:
            form = cls(
                initial={
                    "need_vram": otherwise.vram_gb or None,
                    "need_gpu": otherwise.gpu,
                    "need_sort": otherwise.sort,
                }
            )
            return form, otherwise
        form = cls(data)
        form.is_valid()
        found = form.cleaned_data
        price = found.get("need_price")
        return form, Need(
            vram_gb=found.get("need_vram") or 0,
            gpu=found.get("need_gpu") or Gpu.ANY.value,
            most_micro_hour=None if price is None else int(price * MICRO),
            free_only=bool(found.get("need_free")),
            sort=found.get("need_sort") or "price",
        )


def secrets_read(text: str) -> dict[str, str]:
    """Return the secrets written as NAME=value lines, or as a JSON map. Raises ValidationError."""
    if not text.lstrip().startswith("{"):
        return pairs_read(text, _now("secrets"))
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise forms.ValidationError(
            _("The secrets begin like JSON and are none: close every quote and brace.")
        ) from None
    if not all(isinstance(value, str) for value in found.values()):
        raise forms.ValidationError(_("Each secret is a text: put its value in quotes."))
    return dict(found)
