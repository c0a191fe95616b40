"""What was used, and when."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.billing.models.holds import Settlement
from apps.core.ids import uuid7
from apps.organisations.models import ApiKey, Organisation, Project


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
    api_key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    dimensions = models.JSONField(default=dict, help_text="As they were then: market, template, labels.")
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


class UsageAdjustment(models.Model):
    """Where reports count a record from now on; the record stays as it is, the newest adjustment counts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    record = models.ForeignKey(UsageRecord, on_delete=models.PROTECT, related_name="adjustments")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    labels = models.JSONField(default=dict)
    reason = models.CharField(max_length=200)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    current = models.BooleanField(default=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record"], condition=Q(current=True), name="usage_adjustment_current_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id}: {self.reason}"
