"""Days of reconciliation and their items: one item for each movement of money that one side tells."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ReconciliationDay(models.Model):
    """One day (UTC) that was, or is to be, held against Stripe, ledger and chain; read again as often as one likes."""

    day = models.DateField(unique=True)
    runs = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(
        null=True, help_text="When its last whole run ended; empty before the first."
    )
    error = models.CharField(max_length=300, blank=True, help_text="Why its last run did not end.")

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}"


class ReconciliationItem(models.Model):
    """A movement that one side tells of. It matches when the other side tells the same; it never changes books."""

    class Side(models.TextChoices):
        STRIPE = "stripe", "Stripe"
        LEDGER = "ledger", "the ledger"
        CHAIN = "chain", "the chain"

    class Pair(models.TextChoices):
        STRIPE = "stripe", "Stripe and ledger"
        CHAIN = "chain", "chain and ledger"

    class Kind(models.TextChoices):
        PAYMENT = "payment", "payment"
        FEE = "fee", "Stripe's fee"
        REFUND = "refund", "refund"
        RETURN = "return", "refund that came back"
        DISPUTE = "dispute", "dispute"
        OTHER = "other", "other movement"
        PAYOUT = "payout", "paid to a node and the network"
        ESCROW = "escrow", "more in escrow than was set aside"
        STRAY = "stray", "account on the chain nobody knows"
        GAP = "gap", "difference of the totals that no item explains"

    day = models.DateField(help_text="The day (UTC) the side tells it of.")
    at = models.DateTimeField()
    pair = models.CharField(max_length=6, choices=Pair.choices)
    side = models.CharField(max_length=6, choices=Side.choices)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reference = models.CharField(max_length=200, help_text="What the side itself calls it.")
    match = models.CharField(max_length=200, help_text="What both sides have in common.")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="Minor units, or micro-NOS; below 0 what left us.")
    entry_id = models.BigIntegerField(null=True, help_text="The ledger's entry, of what the ledger tells.")
    organisation_id = models.UUIDField(null=True)
    topup_id = models.CharField(max_length=40, blank=True)
    job_id = models.UUIDField(null=True)
    matched_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="reconciliation_items"
    )
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    resolution = models.CharField(max_length=500, blank=True, help_text="Why nothing is left to do.")
    act = models.CharField(max_length=200, blank=True, help_text="The act that mended it, as its page names it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["side", "reference"], name="reconciliation_item_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="reconciliation_item_of_something"),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None, resolution="")
                | Q(resolved_at__isnull=False, resolved_by__isnull=False) & ~Q(resolution="") & ~Q(act=""),
                name="reconciliation_resolved_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["day", "pair"], name="reconciliation_day"),
            models.Index(fields=["match"], condition=Q(matched_at=None), name="reconciliation_unmatched"),
            models.Index(
                fields=["at"], condition=Q(matched_at=None, resolved_at=None), name="reconciliation_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"

    @property
    def lacking(self) -> str:
        """The side that does not tell it."""
        if self.side != self.Side.LEDGER:
            return self.Side.LEDGER.label
        return self.Side.STRIPE.label if self.pair == self.Pair.STRIPE else self.Side.CHAIN.label

    @property
    def open(self) -> bool:
        """Whether somebody must still see to it."""
        return self.matched_at is None and self.resolved_at is None


class ReconciliationNote(models.Model):
    """What a member of staff did about an item, or said of it; never changed, never deleted."""

    class Act(models.TextChoices):
        OWNER = "owner", "took it or gave it"
        COMMENT = "comment", "wrote"
        RESOLVED = "resolved", "resolved it"
        REOPENED = "reopened", "opened it again"

    item = models.ForeignKey(ReconciliationItem, on_delete=models.PROTECT, related_name="notes")
    act = models.CharField(max_length=10, choices=Act.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=1000)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text
