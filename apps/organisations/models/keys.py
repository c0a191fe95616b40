"""API keys: a program's way in."""

from django.db import models

from apps.core.ids import uuid7
from apps.organisations.models.organisations import Membership, Organisation
from apps.organisations.models.projects import Project


class ApiKey(models.Model):
    """A program's way in. Only the SHA-256 of the key is kept; the key itself is shown once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="api_keys")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True)
    member = models.ForeignKey(
        Membership,
        on_delete=models.CASCADE,
        null=True,
        help_text="Set on personal keys: they end with the membership.",
    )
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    allowed_networks = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
