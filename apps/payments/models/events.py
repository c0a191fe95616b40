"""What Stripe told us, and how far we have read its list."""

from django.db import models

from apps.core.ids import uuid7


class StripeEvent(models.Model):
    """One event of Stripe, stored before anything is done about it. Its payload is a hint, never the truth."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event_id = models.CharField(max_length=255, unique=True, help_text="Stripe's own id of it.")
    type = models.CharField(max_length=100)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    parked_reason = models.TextField(blank=True, help_text="Why a person must look before anything happens.")

    class Meta:
        verbose_name = "Stripe event"
        indexes = [
            models.Index(
                fields=["-id"],
                condition=models.Q(handled_at=None) & ~models.Q(parked_reason=""),
                name="stripe_event_parked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} ({self.type})"


class EventCursor(models.Model):
    """Up to when the list of Stripe's events has been read; webhooks do not move it, so it skips nothing."""

    name = models.CharField(max_length=30, primary_key=True)
    read_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} read until {self.read_until}"
