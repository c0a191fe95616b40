"""Caps: limits that are never passed."""

from django.db import models
from django.db.models import F, Q

from apps.billing.models.limits import Level, Limit, LimitWindow
from apps.billing.windows import Period
from apps.core.ids import uuid7
from apps.organisations.models import Organisation


class Cap(Limit):
    """What may be held in a window at most; a cap below what is held already only stops new holds."""

    class Meta(Limit.Meta):
        abstract = False
        constraints = [
            *Limit.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(level=Level.TOPUP, period=Period.JOB), name="cap_topup_has_window"
            ),
        ]


class CapWindow(LimitWindow):
    """How much of the holds placed in this window is held or was spent."""

    limit = models.ForeignKey(Cap, on_delete=models.CASCADE, related_name="windows", db_index=False)

    class Meta(LimitWindow.Meta):
        abstract = False


class AutoTopUp(models.Model):
    """An automatic top-up that was let pass by the caps on them; `counted_micro` is 0 once it came to nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=120, unique=True)
    amount_micro = models.BigIntegerField()
    counted_micro = models.BigIntegerField()
    placed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_micro__gt=0) & (Q(counted_micro=F("amount_micro")) | Q(counted_micro=0)),
                name="auto_topup_counted",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "placed_at"], name="auto_topup_placed")]

    def __str__(self) -> str:
        return f"{self.amount_micro} micro-NOS for {self.key}"
