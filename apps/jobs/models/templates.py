"""Templates of an organisation's own, and their versions, which are never changed once written."""

from typing import Any

from django.conf import settings
from django.db import models

from apps.core.ids import uuid7
from apps.jobs.gallery import Gpu, Recipe
from apps.organisations.models import Organisation


class Template(models.Model):
    """What members launch again and again; its address comes from its first title and stays."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="job_templates")
    slug = models.SlugField(max_length=60)
    current = models.ForeignKey("TemplateVersion", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "slug"], name="template_slug_once")]

    def __str__(self) -> str:
        return self.slug


class TemplateVersion(models.Model):
    """One version: the recipe as it was, who wrote it and why; `restored_from` names the version it brought back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=80)
    summary = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    tags = models.JSONField(default=list)
    definition = models.JSONField()
    variables = models.JSONField(default=list)
    vram_gb = models.PositiveIntegerField("VRAM (GB)", default=0)
    gpu = models.CharField("GPU", max_length=10, choices=Gpu.choices, default=Gpu.ANY)
    minutes = models.PositiveIntegerField(help_text="The time limit the launch page proposes.")
    note = models.CharField(max_length=200, blank=True)
    restored_from = models.PositiveIntegerField(null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_version_once"),
            models.CheckConstraint(condition=models.Q(number__gt=0), name="template_version_from_one"),
            models.CheckConstraint(condition=models.Q(gpu__in=Gpu.values), name="template_gpu_known"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"

    @property
    def recipe(self) -> Recipe:
        """Return what the version is made of."""
        names = ("title", "summary", "description", "tags", "definition", "variables", "vram_gb", "gpu", "minutes")
        facts: dict[str, Any] = {name: getattr(self, name) for name in names}
        return Recipe.read(facts)
