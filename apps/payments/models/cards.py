"""Cards that an organisation keeps at Stripe; of a card we know what is printed on a receipt, and no more."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.ids import uuid7
from apps.organisations.models import Organisation

BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "eftpos_au": "Eftpos",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}


class Card(models.Model):
    """A payment method of type card, kept at Stripe for an organisation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="cards")
    payment_method = models.CharField(max_length=255, unique=True, help_text="Stripe's own id of it.")
    brand = models.CharField(max_length=30)
    last4 = models.CharField("last four digits", max_length=4)
    expires_month = models.PositiveSmallIntegerField()
    expires_year = models.PositiveSmallIntegerField()
    country = models.CharField(max_length=2, blank=True, help_text="Of the bank; ISO 3166 code.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Who added it."
    )
    default = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(help_text="When Stripe was last asked about it.")
    removed_at = models.DateTimeField(null=True, help_text="From then on nothing is paid with it.")
    detached_at = models.DateTimeField(null=True, help_text="From then on Stripe has it no more.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation"], condition=Q(default=True), name="card_one_default"),
            models.CheckConstraint(
                condition=Q(default=False) | Q(removed_at=None), name="card_removed_is_no_default"
            ),
            models.CheckConstraint(
                condition=Q(detached_at=None) | Q(removed_at__isnull=False), name="card_detached_is_removed"
            ),
            models.CheckConstraint(condition=Q(expires_month__range=(1, 12)), name="card_expires_in_a_month"),
        ]
        indexes = [
            models.Index(
                fields=["removed_at"],
                condition=Q(removed_at__isnull=False, detached_at=None),
                name="card_to_detach",
            ),
            models.Index(fields=["checked_at"], condition=Q(removed_at=None), name="card_to_check"),
        ]

    def __str__(self) -> str:
        return f"{self.brand_text} •••• {self.last4}"

    @property
    def brand_text(self) -> str:
        """Return the brand as people write it."""
        return BRANDS.get(self.brand, self.brand.replace("_", " ").title())

    @property
    def expires_text(self) -> str:
        """Return the month it is good until ("04/2028")."""
        return f"{self.expires_month:02}/{self.expires_year}"

    @property
    def expires_on(self) -> date:
        """Return the first day on which it is no longer good."""
        return date(self.expires_year + self.expires_month // 12, self.expires_month % 12 + 1, 1)


class CardSetup(models.Model):
    """Somebody went to Stripe's page to have a card kept; written before Stripe is asked for the page."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stripe_session_id = models.CharField(max_length=255, null=True, unique=True)
    url = models.TextField(blank=True)
    card = models.ForeignKey(Card, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="Until when Stripe's page may be used.")
    checked_at = models.DateTimeField(null=True, help_text="When the sweep last asked Stripe about it.")
    closed_at = models.DateTimeField(null=True, help_text="From when Stripe has nothing more to tell about it.")

    class Meta:
        indexes = [models.Index(fields=["created_at"], condition=Q(closed_at=None), name="card_setup_unclosed")]

    def __str__(self) -> str:
        return f"card setup {self.id}"
