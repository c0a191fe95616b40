"""Statements: what became of an organisation's credits in a month, frozen when it is over."""

from django.db import models
from django.db.models import F, Q

from apps.core.ids import uuid7
from apps.organisations.models import Organisation


class Statement(models.Model):
    """One organisation's month, in its own time zone. Nothing of it changes; PDF and delivery are added once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="statements", db_index=False
    )
    month = models.DateField(help_text="Its first day.")
    time_zone = models.CharField(max_length=50)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    opening_micro = models.BigIntegerField(
        help_text="Credits the organisation had, held and frozen ones included."
    )
    change_micro = models.BigIntegerField()
    closing_micro = models.BigIntegerField()
    lines = models.PositiveIntegerField()
    data = models.JSONField(help_text="Parties, totals by kind, usage by project, the first job lines.")
    marks = models.JSONField(help_text="By account: the last entry seen, and the first left to later statements.")
    closed_at = models.DateTimeField()
    pdf = models.BinaryField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "month"], name="statement_once"),
            models.CheckConstraint(
                condition=Q(closing_micro=F("opening_micro") + F("change_micro")), name="statement_adds_up"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="statement_period"),
        ]
        indexes = [
            models.Index(fields=["closed_at"], condition=Q(delivered_at=None), name="statement_undelivered")
        ]

    @property
    def number(self) -> str:
        """Return the month as its files are named ("2026-10")."""
        return f"{self.month:%Y-%m}"

    def __str__(self) -> str:
        return f"statement {self.number}"


class StatementPart(models.Model):
    """A piece of a statement's CSV, compressed: the pieces one after the other are one gzip file."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="parts", db_index=False)
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["statement", "position"], name="statement_part_once")]

    def __str__(self) -> str:
        return f"part {self.position}"
