"""When an organisation's balance is topped up by itself."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.organisations.models import Organisation
from apps.payments.models.cards import Card


class TopUpRule(models.Model):
    """An organisation's one rule for automatic top-ups. Fiat in minor units, before VAT."""

    class Mode(models.TextChoices):
        THRESHOLD = "threshold", _("When few credits are left")
        FORECAST = "forecast", _("When the credits last few days")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="topup_rule")
    on = models.BooleanField(default=False)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.THRESHOLD)
    below_micro = models.BigIntegerField(null=True, help_text="Threshold: top up when fewer micro-NOS are left.")
    amount_minor = models.BigIntegerField(null=True, help_text="Threshold: how much is added each time.")
    days = models.PositiveSmallIntegerField(null=True, help_text="Forecast: for how many days credits are kept.")
    currency = models.CharField(max_length=3)
    card = models.ForeignKey(Card, null=True, on_delete=models.PROTECT, related_name="rules")
    month_cap_minor = models.BigIntegerField(help_text="The most that is charged in a calendar month.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", help_text="Who set it last."
    )
    declines = models.PositiveSmallIntegerField(default=0, help_text="Attempts in a row that brought nothing.")
    paused_until = models.DateTimeField(null=True, help_text="Before then nothing is tried.")
    off_reason = models.CharField(max_length=300, blank=True, help_text="Why it was switched off by itself.")
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = "top-up rule"
        constraints = [
            models.CheckConstraint(
                condition=Q(mode="threshold", below_micro__gt=0, amount_minor__gt=0, days=None)
                | Q(mode="forecast", below_micro=None, amount_minor=None, days__gt=0),
                name="topup_rule_mode_complete",
            ),
            models.CheckConstraint(condition=Q(month_cap_minor__gt=0), name="topup_rule_month_cap_positive"),
            models.CheckConstraint(condition=Q(on=False) | Q(card__isnull=False), name="topup_rule_on_has_a_card"),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(on=True), name="topup_rule_on")]

    def __str__(self) -> str:
        return f"automatic top-ups of {self.organisation_id}"
