"""What caps and budgets have in common: whose spending they count, over which windows, up to how much."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.billing.sentences import PERIODS
from apps.billing.windows import Period
from apps.core.ids import uuid7
from apps.core.words import in_sentence
from apps.organisations.models import Organisation


class Level(models.TextChoices):
    """Whose spending a limit counts; broadest first. Automatic top-ups are counted apart."""

    ORGANISATION = "organisation", _("Organisation")
    PROJECT = "project", _("Project")
    MEMBER = "member", _("Member")
    KEY = "key", _("API key")
    TOPUP = "topup", _("Automatic top-ups")


class Limit(models.Model):
    """A limit on what one subject spends in each window of a period."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    level = models.CharField(max_length=12, choices=Level.choices)
    subject_id = models.CharField(
        max_length=36, blank=True, help_text="Of the project, person or key; empty for the organisation itself."
    )
    period = models.CharField(max_length=8, choices=Period.choices)
    limit_micro = models.BigIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "level", "subject_id", "period"], name="%(class)s_once"
            ),
            models.CheckConstraint(condition=Q(limit_micro__gte=0), name="%(class)s_not_negative"),
            models.CheckConstraint(
                condition=Q(level__in=[Level.ORGANISATION, Level.TOPUP], subject_id="")
                | Q(level__in=[Level.PROJECT, Level.MEMBER, Level.KEY]) & ~Q(subject_id=""),
                name="%(class)s_subject",
            ),
            models.CheckConstraint(condition=Q(period__in=Period.values), name="%(class)s_period_known"),
        ]

    @property
    def period_words(self) -> str:
        """Return its period inside a sentence: "each month"."""
        return gettext(PERIODS[Period(self.period)])

    def __str__(self) -> str:
        return f"{self.limit_micro} micro-NOS, {in_sentence(self.get_period_display())}, {self.level} {self.subject_id}"


class LimitWindow(models.Model):
    """The counter of one limit in one window. Written only under the lock of the organisation's wallet."""

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_micro = models.BigIntegerField(default=0)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["limit", "starts_at"], name="%(class)s_once"),
            models.CheckConstraint(condition=Q(used_micro__gte=0), name="%(class)s_not_negative"),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="%(class)s_period"),
        ]

    def __str__(self) -> str:
        return f"{self.used_micro} micro-NOS since {self.starts_at:%Y-%m-%d %H:%M}"
