"""Lots of credits, and what left them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.ledger.models import Transfer
from apps.organisations.models import Organisation, Project


class Lot(models.Model):
    """Credits that came in together; they are spent, released and refunded as such.

    With a project it is part of that project's pot. A part that was moved away keeps kind, price and expiry of the
    lot it came from, its origin.
    """

    class Kind(models.TextChoices):
        PAID = "paid", _("Paid")
        PROMOTIONAL = "promotional", _("Promotional")
        VOUCHER = "voucher", _("Voucher")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="lots", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    priority = models.SmallIntegerField(help_text="Of lots that expire together the lowest is spent first.")
    granted_micro = models.BigIntegerField()
    remaining_micro = models.BigIntegerField(help_text="Neither held nor spent, nor gone in another way.")
    currency = models.CharField(max_length=3, blank=True, help_text="What a paid lot was paid in.")
    net_minor = models.BigIntegerField(null=True, help_text="What a paid lot cost, without VAT.")
    vat_minor = models.BigIntegerField(null=True, help_text="The VAT paid with a top-up's lot.")
    topup_id = models.CharField(max_length=60, unique=True, null=True)
    origin = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="parts")
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True)
    expiry_moved_at = models.DateTimeField(null=True, help_text="When staff last let it last longer.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(granted_micro__gt=0), name="lot_granted_positive"),
            models.CheckConstraint(
                condition=Q(remaining_micro__gte=0, remaining_micro__lte=F("granted_micro")),
                name="lot_within_grant",
            ),
            models.CheckConstraint(
                condition=~Q(kind="paid")
                | Q(net_minor__isnull=False, vat_minor__isnull=False, topup_id__isnull=False, origin=None)
                | Q(net_minor__isnull=False, topup_id=None, origin__isnull=False),
                name="lot_paid_priced",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "created_at"], name="lot_page"),
            models.Index(fields=["organisation"], condition=Q(remaining_micro__gt=0), name="lot_spendable"),
            models.Index(
                fields=["expires_at"],
                condition=Q(remaining_micro__gt=0, expires_at__isnull=False),
                name="lot_expiring",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} lot of {self.granted_micro} micro-NOS"


class LotTake(models.Model):
    """What left a lot in another way than by a hold; a negative amount came back to it."""

    class Reason(models.TextChoices):
        MOVED = "moved", _("Moved")
        EXPIRED = "expired", _("Expired")
        REVERSED = "reversed", _("Refunded or disputed")
        DEBT = "debt", _("Paid a debt")

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="takes")
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    amount_micro = models.BigIntegerField()
    reversal = models.ForeignKey("billing.Reversal", on_delete=models.PROTECT, null=True, related_name="takes")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_micro=0), name="lot_take_not_zero"),
            models.UniqueConstraint(fields=["transfer", "lot"], name="lot_take_once"),
            models.CheckConstraint(
                condition=Q(reason__in=["reversed", "debt"], reversal__isnull=False)
                | Q(reason__in=["moved", "expired"], reversal=None),
                name="lot_take_reversal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_micro} micro-NOS {self.reason} from lot {self.lot_id}"
