"""A recipe: what one version of a template is made of, checked as a whole before anybody can launch it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from nosana.spec import ContainerRun, DefinitionInvalid, definition_parse, ports_of

from apps.core.errors import AppError
from apps.jobs.definitions import DefinitionRefused, definition_check, secret_names, secrets_lift
from apps.jobs.gallery.variables import LITERAL, Variable, variables_check, variables_filled

TAG = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")
TAGS_LIMIT = 8
MINUTES_LIMIT = 7 * 24 * 60
LENGTHS = {"title": 80, "summary": 200, "description": 8_000}


class Gpu(models.TextChoices):
    """Whose GPU a template needs."""

    ANY = "any", gettext_lazy("Any GPU")
    NVIDIA = "nvidia", gettext_lazy("NVIDIA")
    AMD = "amd", gettext_lazy("AMD")


class TemplateRefused(AppError):
    """A template cannot be kept like this; `fields` has sentences by field."""

    code = "template_refused"


@dataclass(frozen=True)
class Recipe:
    """A definition with variables, what it is for, and what it needs: gigabytes of GPU memory, minutes, whose GPU."""

    title: str
    summary: str
    definition: dict[str, Any]
    description: str = ""
    tags: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    vram_gb: int = 0
    gpu: str = Gpu.ANY.value
    minutes: int = 60

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Self:
        """Return the recipe of checked facts."""
        known = {field.name: facts[field.name] for field in fields(cls) if field.name in facts}
        known["variables"] = tuple(Variable.read(one) for one in known.get("variables", ()))
        known["tags"] = tuple(known.get("tags", ()))
        return cls(**known)

    @classmethod
    def checked(cls, facts: Mapping[str, Any]) -> Self:
        """Return the recipe of facts from outside, tidied: every secret has a variable, and none is written out.

        Raises TemplateRefused with a sentence per field.
        """
        wrong = _field_offences(facts)
        definition = facts.get("definition")
        if not isinstance(definition, dict):
            wrong["definition"] = [_("The definition is a map with “version”, “type” and “ops”.")]
        if wrong:
            raise TemplateRefused(next(iter(wrong.values()))[0], fields=wrong)
        recipe = cls.read(facts)
        lifted = _lifted(recipe.definition)
        known = {one.name for one in recipe.variables}
        found = [Variable(name, "secret") for name in secret_names(lifted) if name not in known]
        recipe = replace(
            recipe,
            title=" ".join(recipe.title.split()),
            summary=" ".join(recipe.summary.split()),
            description=recipe.description.strip(),
            definition=lifted,
            variables=(*recipe.variables, *found),
        )
        recipe.check()
        return recipe

    def check(self) -> None:
        """Pass if the definition with its defaults is one that a node runs. Raises TemplateRefused."""
        standing = {one.name: one.default or "x" for one in self.variables}
        try:
            definition_check(variables_filled(self.definition, self.variables, standing))
        except DefinitionRefused as refusal:
            sentences = [
                f"{path}: {s}" if path != "definition" else s
                for path, found in refusal.fields.items()
                for s in found
            ]
            raise TemplateRefused(refusal.message, fields={"definition": sentences or [refusal.message]}) from None
        text = json.dumps(self.definition)
        used = {*LITERAL.findall(text), *secret_names(self.definition)}
        idle = [one for one in self.variables if one.name not in used]
        if idle:
            sentences = [
                _("Variable %(name)s stands nowhere in the definition: write %(mark)s where its value belongs.")
                % {"name": one.name, "mark": one_mark(one)}
                for one in idle
            ]
            raise TemplateRefused(sentences[0], fields={"variables": sentences})

    @property
    def facts(self) -> dict[str, Any]:
        """Return the recipe as JSON keeps it."""
        return {
            "title": self.title,
            "summary": self.summary,
            "description": self.description,
            "tags": list(self.tags),
            "definition": self.definition,
            "variables": [one.facts for one in self.variables],
            "vram_gb": self.vram_gb,
            "gpu": str(self.gpu),
            "minutes": self.minutes,
        }

    @property
    def defaults(self) -> dict[str, str]:
        """Return the value of each variable before anybody changed it."""
        return {one.name: one.default for one in self.variables}

    @property
    def standard(self) -> dict[str, Any]:
        """Return the definition as the editor shows it first: with the defaults in their places."""
        kept = {one.name: "kept" for one in self.variables if one.kind == "secret"}
        return variables_filled(self.definition, self.variables, self.defaults | kept)

    @cached_property
    def exposes(self) -> list[tuple[str, str]]:
        """Return port and type of each address that the job gets while it runs."""
        try:
            definition = definition_parse(self.standard)
        except DefinitionInvalid:
            return []
        ports = [found for op in definition.ops if isinstance(op, ContainerRun) for found in ports_of(op)]
        return [(str(port), (full and full.type) or "web") for _path, port, full in ports]

    @property
    def images(self) -> list[str]:
        """Return the images it runs, each once."""
        images = [op["args"]["image"] for op in self.definition["ops"] if op["args"].get("image")]
        return list(
            dict.fromkeys(LITERAL.sub(lambda match: self.defaults.get(match[1], ""), one) for one in images)
        )

    @property
    def gpu_words(self) -> str:
        """Return what it needs, in words."""
        memory = (
            _("%(vram)d GB of GPU memory") % {"vram": self.vram_gb} if self.vram_gb else _("any amount of memory")
        )
        return memory if self.gpu == Gpu.ANY else f"{Gpu(self.gpu).label}, {memory}"


def one_mark(variable: Variable) -> str:
    """Return how a variable stands in a definition."""
    return f"%%secret.{variable.name}%%" if variable.kind == "secret" else f"%%global.variables.{variable.name}%%"


def _lifted(definition: dict[str, Any]) -> dict[str, Any]:
    """Return the definition with marks in the places of passwords and tokens; whose value is not kept."""
    return secrets_lift(definition)[0]


def _field_offences(facts: Mapping[str, Any]) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    for name, most in LENGTHS.items():
        text = facts.get(name, "")
        if not isinstance(text, str) or len(text) > most or "\0" in text:
            wrong[name] = [_("Write at most %(most)d characters.") % {"most": most}]
        elif name != "description" and not text.strip():
            wrong[name] = [_("This needs a few words, so that others know what it is for.")]
    tags = facts.get("tags", ())
    if len(tags) > TAGS_LIMIT or not all(isinstance(one, str) and TAG.fullmatch(one) for one in tags):
        wrong["tags"] = [
            _("At most %(most)d tags, each of small letters, digits and dashes, up to 24.") % {"most": TAGS_LIMIT}
        ]
    for name, least, most in (("vram_gb", 0, 2_000), ("minutes", 1, MINUTES_LIMIT)):
        value = facts.get(name, least)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            wrong[name] = [_("A whole number between %(least)d and %(most)d.") % {"least": least, "most": most}]
    if facts.get("gpu", Gpu.ANY) not in Gpu.values:
        wrong["gpu"] = [_("Choose one of %(known)s.") % {"known": ", ".join(Gpu.values)}]
    variables = variables_check(facts.get("variables", ()))
    if variables:
        wrong["variables"] = variables
    return wrong
