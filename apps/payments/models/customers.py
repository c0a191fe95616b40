"""Whom Stripe knows an organisation as."""

from django.db import models

from apps.organisations.models import Organisation


class StripeCustomer(models.Model):
    """The one customer that an organisation is at Stripe; written before Stripe is asked for it."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.PROTECT, primary_key=True, related_name="stripe_customer"
    )
    customer_id = models.CharField(max_length=255, null=True, unique=True, help_text="Stripe's own id of it.")
    name = models.CharField(max_length=256, help_text="As Stripe was told it.")
    email = models.EmailField(help_text="As Stripe was told it.")
    asked = models.PositiveIntegerField(default=1, help_text="How often Stripe was asked for one anew.")
    asked_at = models.DateTimeField(help_text="Since when the idempotency key of that asking is in use.")

    class Meta:
        verbose_name = "Stripe customer"

    def __str__(self) -> str:
        return f"{self.name} ({self.customer_id or 'not yet at Stripe'})"
