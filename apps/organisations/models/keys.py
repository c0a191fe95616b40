"""API keys: a program's way in."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.organisations.models.organisations import Membership, Organisation
from apps.organisations.models.projects import Project
from apps.organisations.reach import Reach
from apps.organisations.roles import PERMISSIONS


class ApiKey(models.Model):
    """A program's way in. Only the SHA-256 of the key is kept; the key itself is shown once."""

    class Kind(models.TextChoices):
        PERSONAL = "personal", _("Personal")
        SERVICE = "service", _("Service")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="api_keys")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSONAL)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="api_keys")
    member = models.ForeignKey(
        Membership,
        on_delete=models.SET_NULL,
        null=True,
        related_name="api_keys",
        help_text="Whose a personal key is; without the membership it opens nothing.",
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    allowed_networks = models.JSONField(default=list)
    successor = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="predecessor", help_text="Set by a rotation."
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="api_key_page")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["personal", "service"]), name="api_key_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="personal") | models.Q(member=None), name="api_key_service_has_no_member"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def state(self, now: datetime) -> str:
        """Return where the key stands: live, ending (rotated, in its overlap), expired, revoked or orphaned."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        if self.personal and self.member_id is None:
            return "orphaned"
        return "ending" if self.successor_id is not None else "live"

    @property
    def personal(self) -> bool:
        """Whether the key acts as its member, and never may more than that member."""
        return self.kind == self.Kind.PERSONAL

    @property
    def reach(self) -> Reach:
        """What the key may do now: as `hears`, less what the organisation's own state takes away."""
        return self.organisation.reach_left(self.hears)

    @property
    def hears(self) -> Reach:
        """What the key hears of: its scopes in its project, of a personal key at most what its member does."""
        scopes = frozenset(PERMISSIONS[scope] for scope in self.scopes if scope in PERMISSIONS)
        whole = Reach(scopes)
        if self.personal:
            whole = self.member.hears if self.member is not None else Reach(frozenset())
        return whole.narrowed(scopes, self.project_id)
