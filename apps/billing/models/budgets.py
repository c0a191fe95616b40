"""Budgets: limits that warn and never stop anything."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.billing.models.limits import Level, Limit, LimitWindow
from apps.billing.windows import Period


class Budget(Limit):
    """What one means to spend in a window; people are told when so many percent of it are spent."""

    marks = ArrayField(models.SmallIntegerField(), help_text="Percentages that are told, once in each window.")
    forecast = models.BooleanField(default=True, help_text="Tell when the forecast passes the budget.")
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", help_text="Who is told.")

    class Meta(Limit.Meta):
        abstract = False
        constraints = [
            *Limit.Meta.constraints,
            models.CheckConstraint(
                condition=Q(period__in=[Period.DAY, Period.WEEK, Period.MONTH]) & ~Q(level=Level.TOPUP),
                name="budget_has_window",
            ),
        ]


class BudgetWindow(LimitWindow):
    """How much was settled in this window."""

    limit = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="windows", db_index=False)

    class Meta(LimitWindow.Meta):
        abstract = False


class BudgetNotice(models.Model):
    """That a mark was passed in a window; told once."""

    FORECAST = 0  # the mark of the forecast

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="notices", db_index=False)
    starts_at = models.DateTimeField(help_text="The window's.")
    mark = models.SmallIntegerField(help_text="Percent; 0 for the forecast.")
    used_micro = models.BigIntegerField()
    forecast_micro = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["budget", "starts_at", "mark"], name="budget_notice_once")]

    def __str__(self) -> str:
        return f"{self.mark} % of {self.budget_id}"
