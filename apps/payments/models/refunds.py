"""Refunds: money of a top-up that we send back, or that somebody sent back at Stripe itself."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.organisations.models import Organisation
from apps.payments.models.topups import TopUp


class Refund(models.Model):
    """One refund; the row is written before Stripe is asked, and its id is the idempotency key."""

    class Kind(models.TextChoices):
        CREDITS = "credits", _("Credits")  # its credits are frozen by billing, under the key `refund:<id>`
        VAT = "vat", _("VAT")  # owed since VIES confirmed a VAT id

    class State(models.TextChoices):
        WANTED = "wanted", _("To be sent")
        PENDING = "pending", _("On its way")
        SUCCEEDED = "succeeded", _("Sent back")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="refunds")
    topup = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="refunds")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CREDITS)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WANTED)
    gross_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Who asked for it here; empty for one that was made at Stripe itself, and for VAT.",
    )
    stripe_refund_id = models.CharField(max_length=255, null=True, unique=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, help_text="Since when the idempotency key is in use at Stripe.")
    ended_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True, help_text="Why it failed.")
    bounced = models.BooleanField(default=False, help_text="The bank sent it back: the money is owed again.")
    repaid_at = models.DateTimeField(null=True)
    repaid_reference = models.CharField(max_length=100, blank=True, help_text="How it was paid another way.")
    parked_reason = models.TextField(blank=True, help_text="Why a person must look.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["wanted", "pending", "succeeded", "failed"]), name="refund_state_known"
            ),
            models.CheckConstraint(condition=Q(kind__in=["credits", "vat"]), name="refund_kind_known"),
            models.CheckConstraint(condition=Q(gross_minor__gt=0), name="refund_of_something"),
            models.CheckConstraint(
                condition=~Q(state__in=["pending", "succeeded"]) | Q(stripe_refund_id__isnull=False),
                name="refund_known_to_stripe",
            ),
            models.CheckConstraint(
                condition=Q(state="failed", bounced=True) | Q(bounced=False), name="refund_bounced_failed"
            ),
            models.CheckConstraint(
                condition=Q(repaid_at=None, repaid_reference="")
                | Q(state="failed", repaid_at__isnull=False) & ~Q(repaid_reference=""),
                name="refund_repaid_after_it_failed",
            ),
            models.UniqueConstraint(fields=["topup"], condition=Q(kind="vat"), name="refund_of_vat_once"),
        ]
        indexes = [
            models.Index(fields=["organisation", "-id"], name="refund_newest_first"),
            models.Index(
                fields=["created_at"], condition=Q(state__in=["wanted", "pending"]), name="refund_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"refund {self.id}"

    @property
    def key(self) -> str:
        """The name it has in billing's books and at Stripe."""
        return f"refund:{self.id}"

    @property
    def owed(self) -> bool:
        """Whether the customer is still to get this money, in another way."""
        return self.state == self.State.FAILED and self.repaid_at is None and (self.bounced or self.kind == "vat")
