"""Holds, and what they came to."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.lots import Lot
from apps.core.ids import uuid7
from apps.ledger.models import Transfer
from apps.organisations.models import ApiKey, Organisation, Project


class Hold(models.Model):
    """Credits reserved for one source (a try of a job) until it is settled or released."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SETTLED = "settled", _("Settled")
        RELEASED = "released", _("Released")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="holds", db_index=False)
    source = models.CharField(max_length=120, unique=True, help_text="Opaque to billing, as job:ID:ATTEMPT.")
    label = models.CharField(max_length=200)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    api_key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    dimensions = models.JSONField(default=dict, help_text="For reports: market, template, labels.")
    network_micro = models.BigIntegerField()
    network_fee_micro = models.BigIntegerField()
    platform_fee_micro = models.BigIntegerField()
    amount_micro = models.BigIntegerField(help_text="In all, extensions included.")
    counted_micro = models.BigIntegerField(
        help_text="What caps count in the window of the placement: the amount without extensions, then what was spent."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was released.")
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, help_text="When to ask whether it was forgotten.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_micro=F("network_micro") + F("network_fee_micro") + F("platform_fee_micro")),
                name="hold_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    amount_micro__gt=0, network_micro__gte=0, network_fee_micro__gte=0, platform_fee_micro__gte=0
                ),
                name="hold_positive",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None)
                | Q(state__in=["settled", "released"], ended_at__isnull=False),
                name="hold_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(counted_micro__gte=0, counted_micro__lte=F("amount_micro"))
                & (~Q(state="released") | Q(counted_micro=0)),
                name="hold_counted",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "id"], name="hold_page"),
            models.Index(fields=["organisation"], condition=Q(state="open"), name="hold_open"),
            models.Index(fields=["organisation", "placed_at"], name="hold_placed"),
            models.Index(fields=["expires_at"], condition=Q(state="open"), name="hold_forgotten"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_micro} micro-NOS for {self.source}"


class HoldExtension(models.Model):
    """More credits for an open hold; for caps it is a hold of its own, placed when it was made."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="extensions", db_index=False)
    key = models.CharField(max_length=120, help_text="Names the intent, so that it is done once.")
    network_micro = models.BigIntegerField()
    network_fee_micro = models.BigIntegerField()
    platform_fee_micro = models.BigIntegerField()
    amount_micro = models.BigIntegerField()
    counted_micro = models.BigIntegerField(help_text="What caps count of it in the window of its placement.")
    placed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, help_text="When it was given back, the hold staying open.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hold", "key"], name="hold_extension_once"),
            models.CheckConstraint(
                condition=Q(amount_micro=F("network_micro") + F("network_fee_micro") + F("platform_fee_micro"))
                & Q(amount_micro__gt=0, network_micro__gte=0, network_fee_micro__gte=0, platform_fee_micro__gte=0),
                name="hold_extension_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(counted_micro__gte=0, counted_micro__lte=F("amount_micro")),
                name="hold_extension_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_micro} micro-NOS more for {self.hold_id}"


class HoldLot(models.Model):
    """What a hold took from one lot, and what of it went back."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="lots", db_index=False)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="holds")
    position = models.SmallIntegerField(help_text="Lots are spent in this order and released in the reverse.")
    amount_micro = models.BigIntegerField()
    released_micro = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hold", "position"], name="hold_lot_once"),
            models.CheckConstraint(
                condition=Q(amount_micro__gt=0, released_micro__gte=0, released_micro__lte=F("amount_micro")),
                name="hold_lot_within",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_micro} micro-NOS of lot {self.lot_id}"


class Settlement(models.Model):
    """What a hold came to, once and for all."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="settlement")
    transfer = models.OneToOneField(Transfer, on_delete=models.PROTECT, related_name="+")
    network_micro = models.BigIntegerField(help_text="What the node earned.")
    network_fee_micro = models.BigIntegerField(help_text="What the network kept for itself.")
    platform_fee_micro = models.BigIntegerField(help_text="What the customer paid the platform.")
    loss_micro = models.BigIntegerField(help_text="What the hold did not cover; the platform bears it.")
    cost_micro = models.BigIntegerField(help_text="What the customer paid in all.")
    released_micro = models.BigIntegerField()
    seconds = models.BigIntegerField()
    details = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    cost_micro=F("network_micro")
                    + F("network_fee_micro")
                    + F("platform_fee_micro")
                    - F("loss_micro")
                ),
                name="settlement_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    network_micro__gte=0,
                    network_fee_micro__gte=0,
                    platform_fee_micro__gte=0,
                    loss_micro__gte=0,
                    cost_micro__gte=0,
                    released_micro__gte=0,
                    seconds__gte=0,
                ),
                name="settlement_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cost_micro} micro-NOS of {self.hold_id}"
