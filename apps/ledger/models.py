"""The books: accounts, transfers and their entries. The rules the database keeps are in migration 0002."""

from django.db import models
from django.db.models.functions import Now


class Account(models.Model):
    """A place where amounts of one currency stand.

    With a floor the account is one locked row that carries its balance; without, it is platform-wide: many
    transfers touch it at once, so it has no balance of its own and is rolled up from its entries.
    """

    code = models.CharField(max_length=100, unique=True)
    currency = models.CharField(max_length=3)
    floor = models.BigIntegerField(null=True, help_text="The balance never goes below it; null: platform-wide.")
    balance = models.BigIntegerField(null=True, help_text="Sum of the entries; null: rolled up.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(balance=None) | models.Q(balance__gte=models.F("floor")),
                name="ledger_account_floor",
            ),
            models.CheckConstraint(
                condition=models.Q(balance=None, floor=None)
                | models.Q(balance__isnull=False, floor__isnull=False),
                name="ledger_account_balance_with_floor",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Transfer(models.Model):
    """One fact in the books: entries that sum to zero in each currency. Never changed, never deleted."""

    key = models.CharField(max_length=200, unique=True, help_text="Names the intent, so that it is posted once.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the legs.")
    reason = models.CharField(max_length=60)
    details = models.JSONField(default=dict)
    at = models.DateTimeField(help_text="When it happened.")
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.key


class Entry(models.Model):
    """What one transfer does to one account. Never changed, never deleted."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="entries", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries", db_index=False)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="ledger_entry_amount_not_zero"),
            models.UniqueConstraint(fields=["transfer", "account"], name="ledger_entry_account_once"),
        ]
        indexes = [models.Index(fields=["account", "id"], include=["amount"], name="ledger_entry_page")]

    def __str__(self) -> str:
        return f"{self.amount} in account {self.account_id}"
