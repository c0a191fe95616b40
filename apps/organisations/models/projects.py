"""Projects: groups of jobs and keys inside an organisation, and the members who are limited to them."""

from django.db import models

from apps.core.ids import uuid7
from apps.organisations.models.organisations import Membership, Organisation
from apps.organisations.roles import Role


class Project(models.Model):
    """A group of jobs and keys inside an organisation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60)
    labels = models.JSONField(default=dict, blank=True, help_text="The organisation's own words, name to value.")
    archived_at = models.DateTimeField(null=True, blank=True, help_text="Since then it takes no new jobs or keys.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "slug"], name="project_slug_once")]

    def __str__(self) -> str:
        return self.name


class ProjectMembership(models.Model):
    """A project that a limited member sees, and the most the member may do there."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="project_memberships")
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "project"], name="project_membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=[Role.DEVELOPER, Role.VIEWER]), name="project_membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.project_id}"
