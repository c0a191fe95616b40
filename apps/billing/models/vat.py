"""What VAT depends on: what VIES said of a VAT id, and where a customer shows to be."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.organisations.models import Organisation


class VatCheck(models.Model):
    """One question to VIES about an organisation's VAT id, and its answer; kept as proof."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for VIES")
        VALID = "valid", _("Confirmed by VIES")
        INVALID = "invalid", _("Not known to VIES")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="vat_checks")
    vat_id = models.CharField("VAT id", max_length=30)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    name = models.CharField(max_length=300, blank=True, help_text="As the tax office has it, where it says.")
    address = models.TextField(blank=True)
    consultation = models.CharField(max_length=40, blank=True, help_text="The number that proves that we asked.")
    raw = models.JSONField(default=dict, help_text="The answer as it came.")
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(help_text="While waiting: when VIES is asked again.")
    trouble = models.CharField(max_length=200, blank=True, help_text="Why there is no answer yet.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "vat_id"], condition=Q(state="waiting"), name="vat_check_waits_once"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", answered_at=None)
                | Q(state__in=["valid", "invalid"], answered_at__isnull=False),
                name="vat_check_answered",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="vat_check_due"),
            models.Index(fields=["organisation", "vat_id", "-answered_at"], name="vat_check_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.vat_id}: {self.state}"


class PlaceProof(models.Model):
    """One sign of the country a customer is in: of the card or bank account that paid, or of the visitor's address."""

    class Kind(models.TextChoices):
        CARD = "card", _("Country of the card")
        ACCOUNT = "account", _("Country of the bank account")
        ADDRESS = "address", _("Country of the IP address")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="place_proofs", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    country = models.CharField(max_length=2)
    reference = models.CharField(max_length=100, blank=True, help_text="Where it was seen, e.g. the payment.")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "kind"], name="place_proof_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.country}"
