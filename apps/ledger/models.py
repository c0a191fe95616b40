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
    reverses = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="reversals", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reverses"], condition=~models.Q(reverses=None), name="ledger_transfer_reversed_once"
            )
        ]

    def __str__(self) -> str:
        return self.key


class Entry(models.Model):
    """What one transfer does to one account. Never changed, never deleted.

    That both exist is checked by the entry's own trigger, for all entries of a statement at once, and neither can
    be deleted: a foreign key would ask again for each row, and make all who post queue for the platform's accounts.
    """

    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="ledger_entry_amount_not_zero"),
            models.UniqueConstraint(fields=["transfer", "account"], name="ledger_entry_account_once"),
        ]
        indexes = [models.Index(fields=["account", "id"], include=["amount"], name="ledger_entry_page")]

    def __str__(self) -> str:
        return f"{self.amount} in account {self.account_id}"


class DayDigest(models.Model):
    """The digest that closes a day of the books; it binds the day before. Never changed, never deleted.

    A day holds the transfers dated on it or earlier that no earlier day holds and that were posted when it was
    closed: of those with `id <= through_id` and `at` before the day's end (UTC), what the day before left over.
    """

    number = models.PositiveIntegerField(primary_key=True, help_text="1 for the first day, without gaps.")
    day = models.DateField(unique=True)
    through_id = models.BigIntegerField(help_text="Every transfer up to this id was posted, or never will be.")
    open_from_id = models.BigIntegerField(help_text="No transfer with an id below it is left for later days.")
    accounts = models.PositiveIntegerField(
        help_text="How many accounts had entries: the leaves of the day's tree."
    )
    root = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)
    closed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day} {bytes(self.digest).hex()}"


class AccountDigest(models.Model):
    """What one account had on one closed day: a leaf of the day's tree. Never changed, never deleted."""

    day = models.ForeignKey(DayDigest, on_delete=models.PROTECT, related_name="leaves", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="digests", db_index=False)
    blind = models.BinaryField(max_length=16, help_text="Random; hides the account's code in the leaf.")
    before = models.BigIntegerField(help_text="How many entries earlier days hold.")
    entries = models.BigIntegerField()
    opening = models.BigIntegerField()
    closing = models.BigIntegerField()
    first_entry_id = models.BigIntegerField(help_text="Where the day's entries lie, to find them quickly.")
    last_entry_id = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    leaf = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="ledger_account_digest_once")]
        indexes = [models.Index(fields=["day", "account"], name="ledger_account_digest_day")]

    def __str__(self) -> str:
        return f"account {self.account_id} on day {self.day_id}"
