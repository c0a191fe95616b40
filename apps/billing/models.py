"""Rates and quotes, lots of credits, holds and what they came to. Invoices are in `invoice_models`."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.billing.invoice_models import Invoice, InvoiceCounter, InvoiceDue
from apps.billing.pricing import rate_text
from apps.core.ids import uuid7
from apps.ledger.models import Transfer
from apps.organisations.models import Organisation, Project

__all__ = [
    "Hold",
    "HoldLot",
    "Invoice",
    "InvoiceCounter",
    "InvoiceDue",
    "Lot",
    "Quote",
    "Rate",
    "Settlement",
    "UsageRecord",
]


class Rate(models.Model):
    """The price of one NOS in a currency at a time, as a source told it."""

    currency = models.CharField(max_length=3)
    price_micro = models.BigIntegerField(
        help_text="Millionths of the currency's unit for one NOS: €0.42 is 420000."
    )
    at = models.DateTimeField(help_text="When the price was true.")
    source = models.CharField(max_length=100)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "at", "source"], name="rate_once"),
            models.CheckConstraint(condition=Q(price_micro__gt=0), name="rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.price_micro} micro-{self.currency} per NOS"


class Quote(models.Model):
    """A price for credits that stands until it expires."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="quotes")
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    vat_minor = models.BigIntegerField()
    vat_bp = models.IntegerField()
    vat_rule = models.CharField(max_length=30)
    vat_note = models.CharField(max_length=200, blank=True)
    total_minor = models.BigIntegerField()
    credits_micro = models.BigIntegerField()
    rate_micro = models.BigIntegerField(help_text="Micro-fiat per NOS, before the spread.")
    spread_bp = models.IntegerField()
    rate_charged_micro = models.BigIntegerField(help_text="Micro-fiat per NOS, with the spread: what is paid.")
    rate_source = models.CharField(max_length=100)
    rate_at = models.DateTimeField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(total_minor=F("net_minor") + F("vat_minor")), name="quote_adds_up"),
            models.CheckConstraint(
                condition=Q(net_minor__gt=0, vat_minor__gte=0, credits_micro__gt=0), name="quote_positive"
            ),
        ]

    @property
    def rate_text(self) -> str:
        """Return what one credit costs, spread included ("€0.4284")."""
        return rate_text(self.rate_charged_micro, self.currency)

    def __str__(self) -> str:
        return f"{self.credits_micro} micro-NOS for {self.total_minor} {self.currency}"


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


class Hold(models.Model):
    """Credits reserved for one source (a try of a job) until it is settled or released."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SETTLED = "settled", "Settled"
        RELEASED = "released", "Released"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="holds", db_index=False)
    source = models.CharField(max_length=120, unique=True, help_text="Opaque to billing, e.g. job:<id>:<attempt>.")
    label = models.CharField(max_length=200)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    network_micro = models.BigIntegerField()
    network_fee_micro = models.BigIntegerField()
    platform_fee_micro = models.BigIntegerField()
    amount_micro = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was released.")
    placed_at = models.DateTimeField()
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
        ]
        indexes = [
            models.Index(fields=["organisation", "id"], name="hold_page"),
            models.Index(fields=["organisation"], condition=Q(state="open"), name="hold_open"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_micro} micro-NOS for {self.source}"


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


class UsageRecord(models.Model):
    """What one source used over a half-open period [starts_at, ends_at), with what was true of it then."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="usage", db_index=False)
    source = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    seconds = models.BigIntegerField()
    amount_micro = models.BigIntegerField()
    label = models.CharField(max_length=200)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    settlement = models.OneToOneField(Settlement, on_delete=models.PROTECT, related_name="usage")
    settled_at = models.DateTimeField(help_text="Statements go by this time.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "starts_at"], name="usage_once"),
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="usage_period"),
            models.CheckConstraint(condition=Q(amount_micro__gte=0, seconds__gte=0), name="usage_not_negative"),
        ]
        indexes = [models.Index(fields=["organisation", "settled_at", "id"], name="usage_page")]

    def __str__(self) -> str:
        return f"{self.seconds} s of {self.source}"
