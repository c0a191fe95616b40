"""The price of NOS, and the quotes made from it."""

from django.db import models
from django.db.models import F, Q

from apps.billing.pricing import rate_text
from apps.core.ids import uuid7
from apps.organisations.models import Organisation


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
    buyer_country = models.CharField(max_length=2, blank=True, help_text="What the VAT was decided by.")
    buyer_vat_id = models.CharField(max_length=30, blank=True)
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
