"""Approvals: what somebody asked for, what it costs at worst, and who decided."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.organisations.models.organisations import Organisation

# Decided by the platform's own people, never by members.
STAFF_KINDS = frozenset({"refund", "goodwill", "allowance", "release", "staff_cap", "trial"})
KIND_WORDS = {
    "job": _("Launch a job"),
    "cap": _("Raise a cap"),
    "refund": _("Refund"),
    "goodwill": _("Goodwill credits"),
    "allowance": _("Higher top-ups"),
    "release": _("Release a payment"),
    "staff_cap": _("A cap, changed by staff"),
    "trial": _("A longer trial"),
    "visit": _("Let staff look in"),
}


class Approval(models.Model):
    """A request that somebody else must approve; approved, the act is done in the same transaction.

    `facts` is what the act needs later; its "lines", pairs of words and values, are shown to those who decide.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waiting")
        DONE = "done", _("Approved")
        DENIED = "denied", _("Denied")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        FAILED = "failed", _("Impossible")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="approvals", db_index=False
    )
    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=120)
    amount_micro = models.BigIntegerField(null=True, help_text="The most it may cost, micro-NOS.")
    worst_case = models.CharField(max_length=500)
    reason = models.CharField(max_length=1000, blank=True)
    facts = models.JSONField(default=dict)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="approvals_asked"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    round = models.PositiveIntegerField(default=1, help_text="Grows when it asks again, with another worst case.")
    refusal = models.CharField(
        max_length=1000, blank=True, help_text="Why the act could not be done when approved."
    )
    outcome = models.CharField(max_length=120, blank=True, help_text="What the act made, as noun:ID.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="approvals_decided"
    )
    note = models.CharField(max_length=1000, blank=True)
    deadline = models.DateTimeField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-id"], name="approval_newest"),
            models.Index(fields=["deadline"], condition=models.Q(state="open"), name="approval_due"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "subject"],
                condition=models.Q(state="open"),
                name="approval_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["open", "done", "denied", "expired", "withdrawn", "failed"],
                ),
                name="approval_state_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(decided_by=models.F("requester")), name="approval_not_by_its_requester"
            ),
            models.CheckConstraint(condition=models.Q(amount_micro__gte=0), name="approval_amount_not_negative"),
            models.CheckConstraint(
                condition=models.Q(state="open", ended_at=None)
                | ~models.Q(state="open") & ~models.Q(ended_at=None),
                name="approval_ended_at_its_end",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["done", "denied"]) | ~models.Q(decided_by=None),
                name="approval_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}: {self.worst_case}"

    @property
    def title(self) -> str:
        """What is asked for, in two or three words."""
        return str(KIND_WORDS.get(self.kind, self.kind.capitalize()))

    @property
    def by_staff(self) -> bool:
        """Whether the platform's own people decide."""
        return self.kind in STAFF_KINDS

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The facts that are shown."""
        return [(str(label), str(value)) for label, value in self.facts.get("lines", [])]
