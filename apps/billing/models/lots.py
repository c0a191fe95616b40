"""Lots of credits."""

from django.db import models
from django.db.models import F, Q

from apps.core.ids import uuid7
from apps.ledger.models import Transfer
from apps.organisations.models import Organisation


class Lot(models.Model):
    """Credits that came in together; they are spent, released and refunded as such."""

    class Kind(models.TextChoices):
        PAID = "paid", "Paid"
        PROMOTIONAL = "promotional", "Promotional"
        VOUCHER = "voucher", "Voucher"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="lots", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    priority = models.SmallIntegerField(help_text="Of lots that expire together the lowest is spent first.")
    granted_micro = models.BigIntegerField()
    remaining_micro = models.BigIntegerField(help_text="Neither held nor spent.")
    currency = models.CharField(max_length=3, blank=True, help_text="What a paid lot was paid in.")
    net_minor = models.BigIntegerField(null=True, help_text="What a paid lot cost, without VAT.")
    topup_id = models.CharField(max_length=60, unique=True, null=True)
    transfer = models.OneToOneField(Transfer, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(granted_micro__gt=0), name="lot_granted_positive"),
            models.CheckConstraint(
                condition=Q(remaining_micro__gte=0, remaining_micro__lte=F("granted_micro")),
                name="lot_within_grant",
            ),
            models.CheckConstraint(
                condition=~Q(kind="paid") | Q(net_minor__isnull=False, topup_id__isnull=False),
                name="lot_paid_priced",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "created_at"], name="lot_page"),
            models.Index(fields=["organisation"], condition=Q(remaining_micro__gt=0), name="lot_spendable"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} lot of {self.granted_micro} micro-NOS"
