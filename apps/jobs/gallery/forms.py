"""The form of a template: what it is called, what it needs, its definition and its variables."""

from typing import Any

import yaml
from django import forms
from django.utils.translation import gettext_lazy as _
from nosana.spec import DefinitionInvalid, definition_read

from apps.jobs.editing import definition_text, marks_at
from apps.jobs.gallery.recipes import LENGTHS, MINUTES_LIMIT, Gpu, Recipe, TemplateRefused

TEXT_LIMIT = 400_000
CODE = {"class": "code", "spellcheck": "false", "autocapitalize": "off", "wrap": "off", "data-editor": ""}


class TemplateForm(forms.Form):
    """A template as people write it."""

    title = forms.CharField(max_length=LENGTHS["title"], label=_("Title"))
    summary = forms.CharField(
        max_length=LENGTHS["summary"], label=_("In one line"), help_text=_("What the gallery says of it.")
    )
    description = forms.CharField(
        max_length=LENGTHS["description"],
        required=False,
        label=_("Description"),
        help_text=_("What one needs to know before launching it, and what to do once it runs."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    tags = forms.CharField(
        max_length=250, required=False, label=_("Tags"), help_text=_("Separated by spaces: llm inference api")
    )
    gpu = forms.ChoiceField(choices=Gpu.choices, required=False, label=_("GPU"))
    vram_gb = forms.IntegerField(min_value=0, max_value=2_000, required=False, label=_("GPU memory, GB at least"))
    minutes = forms.IntegerField(
        min_value=1, max_value=MINUTES_LIMIT, initial=60, label=_("Time limit it proposes, minutes")
    )
    definition = forms.CharField(
        label=_("Definition"),
        strip=False,
        max_length=TEXT_LIMIT,
        help_text=_("JSON or YAML. Write %%global.variables.NAME%% where the value of a variable belongs."),
        widget=forms.Textarea(attrs={"rows": 18, **CODE}),
    )
    variables = forms.CharField(
        required=False,
        strip=False,
        max_length=TEXT_LIMIT,
        label=_("Variables"),
        help_text=_(
            "What the launch form asks: a list in YAML or JSON. Each has a name and a kind (text, number, choice, "
            "secret, resource), and may have label, help, default, required, choices, least, most, unit, source."
        ),
        widget=forms.Textarea(attrs={"rows": 8, **CODE}),
    )
    note = forms.CharField(
        max_length=200,
        required=False,
        label=_("What changed"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    base = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput())
    submission_key = forms.UUIDField(required=False, widget=forms.HiddenInput())

    @staticmethod
    def of(recipe: Recipe, form: str = "yaml") -> dict[str, Any]:
        """Return a recipe as the form shows it."""
        listed = [one.facts for one in recipe.variables]
        return {
            **recipe.facts,
            "tags": " ".join(recipe.tags),
            "definition": definition_text(recipe.definition, form),
            "variables": yaml.safe_dump(listed, sort_keys=False, allow_unicode=True) if listed else "",
        }

    def clean_definition(self) -> dict[str, Any]:
        """Return the definition. Raises ValidationError that names the line."""
        value = _read(self.cleaned_data["definition"])
        if not isinstance(value, dict):
            raise forms.ValidationError(_("The definition is a map with “version”, “type” and “ops”."))
        return value

    def clean_variables(self) -> list[Any]:
        """Return the variables. Raises ValidationError that names the line."""
        text = self.cleaned_data["variables"]
        value = _read(text) if text.strip() else []
        if not isinstance(value, list):
            raise forms.ValidationError(_("The variables are a list; begin each with “- name:”."))
        return value

    @property
    def facts(self) -> dict[str, Any]:
        """Return the facts of the recipe that was written, to be checked as a whole."""
        data = self.cleaned_data
        return {
            "title": data["title"],
            "summary": data["summary"],
            "description": data["description"].replace("\r\n", "\n"),
            "tags": list(dict.fromkeys(data["tags"].lower().replace(",", " ").split())),
            "definition": data["definition"],
            "variables": data["variables"],
            "vram_gb": data["vram_gb"] or 0,
            "gpu": data["gpu"] or Gpu.ANY.value,
            "minutes": data["minutes"],
        }

    def refused(self, refusal: TemplateRefused) -> None:
        """Put each sentence of a refusal at its field, those of the definition with their lines."""
        for field, sentences in refusal.fields.items():
            if field == "definition":
                pairs = [_split(sentence) for sentence in sentences]
                said = [str(mark) for mark in marks_at(self.data.get("definition", ""), pairs)]
                self.add_error("definition", said)
            else:
                self.add_error(field if field in self.fields else None, list(sentences))


def _split(sentence: str) -> tuple[str, str]:
    path, separator, rest = sentence.partition(": ")
    return (path, rest) if separator and " " not in path else ("", sentence)


def _read(text: str) -> Any:
    try:
        return definition_read(text)
    except DefinitionInvalid as refusal:
        raise forms.ValidationError([str(problem) for problem in refusal.problems]) from None
