"""Top-ups whose money goes back."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.lots import Lot
from apps.core.ids import uuid7
from apps.organisations.models import Organisation


class Reversal(models.Model):
    """Money of a top-up that goes back to the customer, and the credits that go with it: a refund or a dispute.

    Open: the credits are frozen. Done: the money went back and the credits are gone. Undone: they are free again.
    """

    class Kind(models.TextChoices):
        REFUND = "refund", _("Refund")
        DISPUTE = "dispute", _("Dispute")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        UNDONE = "undone", _("Undone")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="reversals")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="reversals")
    topup_id = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(
        max_length=120, unique=True, help_text="The caller's name for it: asked twice, done once."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3)
    gross_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    vat_minor = models.BigIntegerField()
    excess_minor = models.BigIntegerField(
        default=0,
        help_text="What a bank took beyond what was left of the top-up: the platform's loss if it is lost.",
    )
    credits_micro = models.BigIntegerField(help_text="What the money had bought.")
    taken_micro = models.BigIntegerField(help_text="Of these, what was left in lots.")
    spent_micro = models.BigIntegerField(
        help_text="Of these, what was gone: of a refund the platform's goodwill, of a dispute the customer's debt."
    )
    repaid_micro = models.BigIntegerField(default=0, help_text="What was collected of the debt.")
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(gross_minor=F("net_minor") + F("vat_minor"))
                & Q(gross_minor__gte=0, net_minor__gte=0, vat_minor__gte=0),
                name="reversal_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(kind="dispute", excess_minor__gt=0) | Q(excess_minor=0, gross_minor__gt=0),
                name="reversal_excess_of_disputes",
            ),
            models.CheckConstraint(
                condition=Q(credits_micro=F("taken_micro") + F("spent_micro"))
                & Q(taken_micro__gte=0, spent_micro__gte=0, repaid_micro__gte=0)
                & Q(repaid_micro__lte=F("spent_micro")),
                name="reversal_credits_add_up",
            ),
            models.CheckConstraint(
                condition=Q(repaid_micro=0) | Q(kind="dispute", state="done"), name="reversal_repaid_debt"
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | Q(state__in=["done", "undone"], ended_at__isnull=False),
                name="reversal_ends_once",
            ),
        ]
        indexes = [
            models.Index(fields=["topup_id"], name="reversal_topup"),
            models.Index(
                fields=["organisation", "opened_at"],
                condition=Q(kind="dispute", state="done", repaid_micro__lt=F("spent_micro")),
                name="reversal_indebted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.gross_minor} {self.currency} of top-up {self.topup_id}"
