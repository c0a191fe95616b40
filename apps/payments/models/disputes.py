"""Disputes as Stripe tells them; what they do to credits is billing's."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.organisations.models import Organisation
from apps.payments.models.topups import TopUp

# How a dispute stands, as the organisation reads it; Stripe's words are for staff.
STANDINGS: dict[str, Promise] = {
    "warning_needs_response": _("The bank asks; nothing is taken"),
    "warning_under_review": _("The bank asks; nothing is taken"),
    "warning_closed": _("The bank asked, and took nothing"),
    "prevented": _("Prevented; nothing was taken"),
    "needs_response": _("The bank has taken it back; we are answering"),
    "under_review": _("The bank is deciding"),
    "won": _("It stands: the credits are free again"),
    "lost": _("Lost: the bank keeps the money"),
}

DECIDED = ("won", "lost", "warning_closed", "prevented")

# Why, as the bank says it.
REASONS: dict[str, Promise] = {
    "bank_cannot_process": _("bank cannot process"),
    "check_returned": _("cheque returned"),
    "credit_not_processed": _("credit not processed"),
    "customer_initiated": _("customer initiated"),
    "debit_not_authorized": _("debit not authorised"),
    "duplicate": _("paid twice"),
    "fraudulent": _("fraudulent"),
    "general": _("no particular reason"),
    "incorrect_account_details": _("incorrect account details"),
    "insufficient_funds": _("insufficient funds"),
    "product_not_received": _("product not received"),
    "product_unacceptable": _("product unacceptable"),
    "subscription_canceled": _("subscription cancelled"),
    "unrecognized": _("not recognised by the cardholder"),
}


class Dispute(models.Model):
    """One dispute, or a bank's inquiry before one, with its deadline and what we answered."""

    class Evidence(models.TextChoices):
        NONE = "none", _("Not answered")
        WANTED = "wanted", _("To be handed in")
        SUBMITTED = "submitted", _("Handed in")
        REFUSED = "refused", _("Refused by Stripe")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="disputes")
    topup = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="disputes")
    dispute_id = models.CharField(max_length=255, unique=True, help_text="Stripe's own id of it.")
    status = models.CharField(max_length=40, help_text="In Stripe's words.")
    reason = models.CharField(max_length=60, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, help_text="Until when evidence can be handed in.")
    evidence = models.CharField(max_length=10, choices=Evidence.choices, default=Evidence.NONE)
    statement = models.TextField(blank=True, help_text="What we say about it, in our own words.")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(evidence__in=["none", "wanted", "submitted", "refused"]), name="dispute_evidence_known"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="dispute_of_something"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(evidence="none"), name="dispute_unanswered")]

    def __str__(self) -> str:
        return f"dispute {self.dispute_id}"

    @property
    def reason_text(self) -> str:
        """Return the reason that the bank gave, as words."""
        return str(REASONS.get(self.reason, self.reason.replace("_", " ")))

    @property
    def standing(self) -> Promise | str:
        """Return how it stands, as the organisation reads it."""
        return STANDINGS.get(self.status, self.status.replace("_", " "))

    @property
    def inquiry(self) -> bool:
        """Whether the bank only asks, and took nothing."""
        return self.status.startswith("warning_")

    @property
    def decided(self) -> bool:
        """Whether it is over, one way or the other."""
        return self.status in DECIDED

    @property
    def open(self) -> bool:
        """Whether an answer can still be handed in."""
        return self.status in ("needs_response", "warning_needs_response")
