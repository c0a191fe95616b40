"""Invitations: a place in an organisation, offered to an e-mail address."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.organisations.models.organisations import Organisation
from apps.organisations.roles import Role


class Invitation(models.Model):
    """A place offered by mail. Only the SHA-256 of the link's token is kept; a new link replaces the old one."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        EXPIRED = "expired", _("Expired")
        ACCEPTED = "accepted", _("Accepted")
        REVOKED = "revoked", _("Revoked")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role.choices)
    projects = models.JSONField(
        null=True, help_text="Project id to role, for whoever is to be limited to these; null for no limit."
    )
    digest = models.CharField(max_length=64)
    sends = models.PositiveIntegerField(default=1, help_text="How many links went out, each replacing the last.")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organisation",
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role for role in Role.values if role != Role.OWNER]),
                name="invitation_role_known",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_ends_one_way"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("sent_at")), name="invitation_expires_later"),
        ]
        indexes = [models.Index(fields=["organisation", "-id"], name="invitation_page")]

    def __str__(self) -> str:
        return f"{self.email} to {self.organisation_id}"

    def state(self, now: datetime) -> State:
        """Return how it stands at that time."""
        if self.accepted_at is not None:
            return self.State.ACCEPTED
        if self.revoked_at is not None:
            return self.State.REVOKED
        return self.State.OPEN if now < self.expires_at else self.State.EXPIRED
