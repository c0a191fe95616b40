"""Projects: groups of jobs and keys inside an organisation."""

from django.db import models

from apps.core.ids import uuid7
from apps.organisations.models.organisations import Organisation


class Project(models.Model):
    """A group of jobs and keys inside an organisation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "slug"], name="project_slug_once")]

    def __str__(self) -> str:
        return self.name
