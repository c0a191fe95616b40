"""Credits the platform's own people give to make something good."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.billing.models.lots import Lot
from apps.core.ids import uuid7
from apps.core.words import in_sentence
from apps.organisations.models import Approval, Organisation


class Goodwill(models.Model):
    """Credits that staff give an organisation; those that need a second person wait for the approval.

    `lot` is there once they are given. Who gave, how much and why never changes.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="goodwill")
    micro = models.BigIntegerField("micro-NOS")
    credit_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many days the credits last; empty: they never expire."
    )
    reason = models.CharField(
        max_length=500, help_text="Why they are given, for colleagues; customers do not see it."
    )
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(editable=False)
    approval = models.OneToOneField(
        Approval, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        verbose_name_plural = "goodwill"
        constraints = [models.CheckConstraint(condition=Q(micro__gt=0), name="goodwill_positive")]
        indexes = [models.Index(F("organisation"), F("created_at").desc(), name="goodwill_newest")]

    def __str__(self) -> str:
        return f"goodwill for {self.organisation}"

    @property
    def state(self) -> str:
        """How it stands, in a word: given, or what its approval says."""
        if self.lot_id is not None:
            return "given"
        return (
            "waits for an approval"
            if self.approval is None
            else str(in_sentence(self.approval.get_state_display()))
        )
