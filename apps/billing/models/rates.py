"""The price of NOS, and the quotes made from it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.billing.pricing import rate_text
from apps.core.ids import uuid7
from apps.organisations.models import Organisation


class Reading(models.Model):
    """What one source said about one pair, believed or not."""

    pair = models.CharField(max_length=7, help_text="NOS/USD, EUR/USD or GBP/USD.")
    price_nano = models.BigIntegerField(help_text="Billionths of a dollar for one unit of the first currency.")
    source = models.CharField(max_length=30)
    at = models.DateTimeField(help_text="When the source says the price was true.")
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pair", "source", "at"], name="reading_once"),
            models.CheckConstraint(condition=Q(price_nano__gt=0), name="reading_positive"),
        ]
        indexes = [models.Index(fields=["read_at"], name="reading_age")]

    def __str__(self) -> str:
        return f"{self.pair} {self.price_nano} nano by {self.source}"


class Jump(models.Model):
    """A move of NOS/USD too large to be believed without a person; nothing is sold until it ends.

    It ends when staff confirm the new price, or when the price comes back by itself.
    """

    before_nano = models.BigIntegerField(help_text="The last price that was believed, in billionths of a dollar.")
    after_nano = models.BigIntegerField(help_text="The newest price, in billionths of a dollar.")
    source = models.CharField(max_length=30)
    opened_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, help_text="When the price had come back.")

    class Meta:
        verbose_name = "price jump"
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(confirmed_at=None, withdrawn_at=None), name="jump_open_once"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by=None)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="jump_confirmed_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"NOS/USD from {self.before_nano} to {self.after_nano} nano"


class Rate(models.Model):
    """The price of one NOS in a currency at a time, which credits may be sold at while it is fresh."""

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
    key = models.CharField(max_length=64, unique=True, null=True, help_text="SHA-256 of the offer it was made of.")

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="quote_age")]
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
