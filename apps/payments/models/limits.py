"""What keeps stolen cards away: what banks declined, and what staff allow an organisation beyond its ceilings."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core.ids import uuid7
from apps.organisations.models import Approval, Organisation
from apps.payments.models.topups import TopUp


class Decline(models.Model):
    """A charge that a bank or Radar refused, as Stripe tells it; counted to notice who tries card after card."""

    topup = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="declines")
    charge = models.CharField(max_length=255, unique=True, help_text="Stripe's own id of it.")
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="Stripe's word for one card, whoever has it."
    )
    code = models.CharField(max_length=60, blank=True)
    risk_level = models.CharField(max_length=20, blank=True)
    risk_score = models.PositiveSmallIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="decline_at"),
            models.Index(fields=["topup", "at"], name="decline_of_topup"),
        ]

    def __str__(self) -> str:
        return f"{self.code or 'declined'} {self.charge}"


class Allowance(models.Model):
    """Ceilings that staff set for one organisation in place of those of its tier; what it tried before counts no more.

    Minor units before VAT in one currency. It counts once it is granted: at once, or when a colleague approves.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="allowances")
    currency = models.CharField(max_length=3)
    once_minor = models.BigIntegerField("at once")
    day_minor = models.BigIntegerField("within 24 hours")
    week_minor = models.BigIntegerField("within seven days")
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: until there is another one.")
    reason = models.CharField(max_length=500)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approval = models.OneToOneField(Approval, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    granted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(once_minor__gt=0)
                & Q(day_minor__gte=F("once_minor"))
                & Q(week_minor__gte=F("day_minor")),
                name="allowance_grows_with_time",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("created_at")), name="allowance_ends_later"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "-granted_at"], name="allowance_newest")]

    def __str__(self) -> str:
        return f"allowance {self.id}"
