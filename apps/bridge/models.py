"""Orders: what the bridge does about a want, remembered step by step so that a crash loses and doubles nothing."""

from django.db import models

from apps.core.ids import uuid7
from apps.jobs.models import Attempt, Want


class Order(models.Model):
    """The one order of a want. The signed transaction is stored before it is sent."""

    class State(models.TextChoices):
        WANTED = "wanted"
        CLAIMED = "claimed"
        SIGNED = "signed"
        SENT = "sent"
        CONFIRMED = "confirmed"
        FAILED = "failed"
        UNSURE = "unsure"

    class Instruction(models.TextChoices):
        NONE = ""
        LIST = "list"
        ASSIGN = "assign"
        EXTEND = "extend"
        DELIST = "delist"
        END = "end"
        RECOVER = "recover"
        CLEAN = "clean"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    want = models.OneToOneField(Want, on_delete=models.PROTECT, related_name="order")
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="orders")
    kind = models.CharField(max_length=10, choices=Want.Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WANTED)
    instruction = models.CharField(max_length=10, choices=Instruction.choices, blank=True)
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True)
    blob = models.BinaryField(null=True, help_text="The signed transaction, stored before it is sent.")
    signature = models.CharField(max_length=88, blank=True)
    last_valid_block_height = models.BigIntegerField(null=True)
    shared = models.BooleanField(default=False, help_text="Its transaction lists another job too.")
    alone = models.BooleanField(default=False, help_text="A shared transaction failed; its next one is its own.")
    failures = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    error = models.CharField(max_length=500, blank=True)
    parked_at = models.DateTimeField(null=True, help_text="Since when it waits for a person.")
    parked_reason = models.CharField(max_length=500, blank=True, help_text="Why a person must look.")
    slot = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="Nothing more to do: final on the chain, or given up.")

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=models.Q(closed_at=None, parked_at=None), name="order_due"
            ),
            models.Index(fields=["parked_at"], condition=models.Q(parked_at__isnull=False), name="order_parked"),
            models.Index(fields=["signature"], condition=~models.Q(signature=""), name="order_signature"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["signed", "sent", "unsure"])
                | (models.Q(blob__isnull=False) & ~models.Q(signature="")),
                name="order_signed_before_sent",
            ),
            models.UniqueConstraint(
                fields=["attempt", "kind"], condition=models.Q(closed_at=None), name="order_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.attempt_id} ({self.state})"


class Exchange(models.Model):
    """What went between us and the node of a private attempt: its definition out, its result back, once."""

    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="exchange")
    node = models.CharField(max_length=44, help_text="The node that proved itself last.")
    handed_at = models.DateTimeField(null=True, help_text="When the definition was handed over first.")
    handed = models.PositiveIntegerField(default=0, help_text="How often it was.")
    result_at = models.DateTimeField(null=True)
    result_digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the result as it was sent.")
    body = models.BinaryField(null=True, help_text="The result, packed, until it is stored with the job.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(result_at=None, result_digest="")
                | (models.Q(result_at__isnull=False) & ~models.Q(result_digest="")),
                name="exchange_result_has_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} with {self.node}"


class TreasuryReading(models.Model):
    """What the treasury had at a moment, finalised on the chain; rows older than a month are deleted."""

    at = models.DateTimeField(unique=True)
    nos_micro = models.BigIntegerField("NOS (micro)", help_text="In the treasury's own account.")
    deposits_micro = models.BigIntegerField(help_text="In escrow for jobs that are not done.")
    earned_micro = models.BigIntegerField(
        help_text="Paid to nodes for jobs that are done and not settled here yet."
    )
    lamports = models.BigIntegerField("SOL (lamports)", help_text="For rent and fees.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(nos_micro__gte=0, deposits_micro__gte=0, earned_micro__gte=0, lamports__gte=0),
                name="treasury_reading_not_negative",
            )
        ]

    def __str__(self) -> str:
        return f"treasury at {self.at:%Y-%m-%d %H:%M}"


class Stray(models.Model):
    """A job account the treasury paid for that no attempt of ours knows; seen by the full sync, touched by nobody."""

    address = models.CharField(max_length=44, unique=True)
    project = models.CharField(max_length=44)
    market = models.CharField(max_length=44)
    state = models.PositiveSmallIntegerField()
    deposit_micro = models.BigIntegerField(help_text="micro-NOS")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(gone_at=None), name="stray_open")]

    def __str__(self) -> str:
        return self.address
