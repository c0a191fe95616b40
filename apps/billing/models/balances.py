"""Who wants to hear when a balance falls."""

from django.db import models
from django.db.models import Q

from apps.organisations.models import Organisation


class BalanceWatch(models.Model):
    """Somebody who must hear when an organisation's available credits are below a level."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="balance_watches", db_index=False
    )
    watcher = models.CharField(max_length=40, help_text="The part of the platform that asked, e.g. alerts.")
    below_micro = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "watcher"], name="balance_watch_once")]

    def __str__(self) -> str:
        return f"{self.watcher} of {self.organisation_id} below {self.below_micro}"


class BalanceAlert(models.Model):
    """An organisation's low-balance mails: when, to whom, and which were sent since the balance was well again."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="balance_alert")
    below_micro = models.BigIntegerField(null=True, help_text="Mail when fewer credits are available.")
    hours = models.PositiveIntegerField(null=True, help_text="Mail when the credits last less than this.")
    addresses = models.JSONField(default=list, help_text="Who gets the mail; empty: the finance address.")
    below_told_at = models.DateTimeField(
        null=True, help_text="Set from the crossing until the balance is well again."
    )
    hours_told_at = models.DateTimeField(null=True)
    told = models.PositiveIntegerField(default=0, help_text="Crossings so far; numbers the mails.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(below_micro=None) | Q(below_micro__gt=0), name="balance_alert_below_positive"
            ),
            models.CheckConstraint(condition=Q(hours=None) | Q(hours__gt=0), name="balance_alert_hours_positive"),
        ]

    def __str__(self) -> str:
        return f"alerts of {self.organisation_id}"
