"""Months that were signed off, and every act about them."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class MonthClose(models.Model):
    """A month and who signed it off; the row is made by the first act about it."""

    month = models.DateField(unique=True, help_text="Its first day.")
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="month_close_first_day"),
            models.CheckConstraint(
                condition=Q(signed_at=None, signed_by=None) | Q(signed_at__isnull=False, signed_by__isnull=False),
                name="month_close_signed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class MonthAct(models.Model):
    """One act about a month, with what was open then; never changed, never deleted."""

    class Act(models.TextChoices):
        VAT = "vat", "drew the VAT report"
        SIGNED = "signed", "signed it off"
        OPENED = "opened", "took the signature back"

    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="acts")
    act = models.CharField(max_length=10, choices=Act.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    left = models.JSONField(default=list, help_text="The steps that were not done at that moment.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.close}"
