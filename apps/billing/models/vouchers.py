"""Codes that give credits, and the trial."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.billing.models.lots import Lot
from apps.core.ids import uuid7
from apps.organisations.models import Approval, Organisation


class Voucher(models.Model):
    """A code that gives an organisation credits, once. Only the SHA-256 of the code is kept; staff see it once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False, help_text="How the code begins.")
    micro = models.BigIntegerField("micro-NOS", help_text="What each use gives.")
    limit = models.PositiveIntegerField(default=1, help_text="How many organisations may use it.")
    used = models.PositiveIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(help_text="Until when it can be used.")
    credit_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many days its credits last; empty: they never expire."
    )
    reason = models.CharField(max_length=200, help_text="Why it was made, for those who look later.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(micro__gt=0, limit__gt=0), name="voucher_positive"),
            models.CheckConstraint(condition=Q(used__lte=F("limit")), name="voucher_within_limit"),
        ]

    def __str__(self) -> str:
        return f"{self.hint}…"


class VoucherUse(models.Model):
    """One organisation's use of a voucher."""

    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="uses", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="voucher_uses")
    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["voucher", "organisation"], name="voucher_use_once")]

    def __str__(self) -> str:
        return f"{self.voucher} used by {self.organisation_id}"


class TrialGrant(models.Model):
    """The trial an organisation was given, and the claim that nobody else can make again."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="trial")
    claim = models.CharField(
        max_length=260,
        unique=True,
        help_text="The company's mail domain, or the mailbox where a domain is public.",
    )
    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.claim


class TrialExtension(models.Model):
    """A trial that staff made longer: what is left of it lasts until `until`, and `micro` more credits came.

    It counts once it is granted: at once, or when a colleague approves. `lot` holds the credits that came.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="trial_extensions")
    days = models.PositiveIntegerField()
    micro = models.BigIntegerField("micro-NOS")
    reason = models.CharField(max_length=500)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, null=True, related_name="+")
    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    granted_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(micro__gte=0, days__gt=0), name="trial_extension_adds")]
        indexes = [models.Index(F("organisation"), F("created_at").desc(), name="trial_extension_newest")]

    def __str__(self) -> str:
        return f"trial of {self.organisation_id}, {self.days} days longer"
