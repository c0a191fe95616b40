"""What staff write: visits into organisations, which change nothing; notes; and what the desk lets whom do."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.organisations.models import Approval, Organisation
from apps.support.announcements.models import Announcement
from apps.support.closing.models import MonthAct, MonthClose
from apps.support.feedback.models import Feedback
from apps.support.reconciliation.models import ReconciliationDay, ReconciliationItem, ReconciliationNote
from apps.support.tickets.models import CannedAnswer, Ticket, TicketHandover, TicketMessage

__all__ = [
    "Announcement",
    "CannedAnswer",
    "Feedback",
    "MonthAct",
    "MonthClose",
    "ReconciliationDay",
    "ReconciliationItem",
    "ReconciliationNote",
    "Ticket",
    "TicketHandover",
    "TicketMessage",
    "Visit",
    "VisitLook",
]

MINUTES_DEFAULT, MINUTES_MAXIMUM = 30, 240


class Visit(models.Model):
    """One look into an organisation: asked for, approved by it (or begun without, with a reason), over."""

    class How(models.TextChoices):
        STAFF = "staff", _("ended by staff")
        SIGNED_OUT = "signed_out", _("staff signed out")
        EXPIRED = "expired", _("its time was over")
        REVOKED = "revoked", _("ended by the organisation")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="visits")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="visits_made")
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="visits_as",
        help_text="The person as whom staff looks.",
    )
    reason = models.CharField(max_length=500)
    minutes = models.PositiveIntegerField(default=MINUTES_DEFAULT)
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, null=True, related_name="visit")
    glass_broken = models.BooleanField(default=False, help_text="Begun without the organisation's approval.")
    created_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    began_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_how = models.CharField(max_length=10, choices=How.choices, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="visit_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["staff"],
                condition=models.Q(began_at__isnull=False, ended_at=None),
                name="visit_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(began_at=None)
                | models.Q(approved_at__isnull=False)
                | models.Q(glass_broken=True),
                name="visit_approved_before_it_begins",
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=MINUTES_MAXIMUM), name="visit_minutes_limited"
            ),
            models.CheckConstraint(
                condition=models.Q(began_at=None, expires_at=None)
                | models.Q(began_at__isnull=False, expires_at__isnull=False),
                name="visit_ends_by_itself",
            ),
        ]
        permissions = [("visit_organisations", "Can look into organisations that allow it")]

    def __str__(self) -> str:
        return f"{self.staff} in {self.organisation} as {self.member}"

    def live(self, now: datetime) -> bool:
        """Return whether staff may look now."""
        return self.began_at is not None and self.ended_at is None and self.expires_at > now  # type: ignore[operator]

    def words(self, now: datetime) -> str:
        """Return how it stands, in a few words."""
        if self.ended_at is not None:
            return str(self.get_ended_how_display())
        if self.began_at is not None:
            return gettext("now") if self.live(now) else gettext("its time was over")
        if self.approved_at is not None:
            return gettext("approved, not begun")
        if self.approval and self.approval.ended_at:
            return gettext("denied")
        return gettext("waits for the organisation")


class VisitLook(models.Model):
    """A page that staff saw in a visit, noted before it is shown."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="looks")
    path = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "path"], name="visit_look_once")]

    def __str__(self) -> str:
        return self.path


class Note(models.Model):
    """What staff tell each other about an organisation; its people never read it, and nobody rewrites it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="staff_notes")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notes_as_staff")
    text = models.CharField(max_length=2_000)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="staff_note_newest")]

    def __str__(self) -> str:
        return self.text[:60]
