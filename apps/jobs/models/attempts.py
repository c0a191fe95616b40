"""A job's tries on the chain, and what is wanted of the chain for them."""

from django.db import models

from apps.core.ids import uuid7
from apps.jobs.models.jobs import Job
from apps.jobs.models.markets import Market
from apps.jobs.state import Reason, Seen


class Attempt(models.Model):
    """One try of a job on the chain, with an address and a hold of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    # the hold, all micro-NOS
    hold_source = models.CharField(max_length=100, unique=True)
    price_micro = models.BigIntegerField(help_text="micro-NOS a second the hold is made for")
    listing_price_micro = models.BigIntegerField(null=True, blank=True, help_text="read right before signing")
    network_micro = models.BigIntegerField(help_text="held for the node: price × timeout")
    network_fee_micro = models.BigIntegerField(default=0)
    platform_fee_micro = models.BigIntegerField(default=0)
    # the chain
    address = models.CharField(max_length=44, unique=True, null=True, blank=True)
    run_address = models.CharField(max_length=44, unique=True, null=True, blank=True)
    seed_version = models.PositiveIntegerField(null=True, blank=True)
    genesis_hash = models.CharField(max_length=44, blank=True)
    definition_cid = models.CharField("definition CID", max_length=64, blank=True)
    result_cid = models.CharField("result CID", max_length=64, blank=True)
    node = models.CharField(max_length=44, blank=True)
    listed_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True, help_text="By the cluster's clock.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="By the cluster's clock.")
    list_signature = models.CharField(max_length=88, blank=True)
    settle_signature = models.CharField(max_length=88, blank=True)
    settle_slot = models.BigIntegerField(null=True, blank=True)
    # the end of the money, all micro-NOS
    seconds = models.PositiveIntegerField(null=True, blank=True)
    cost_micro = models.BigIntegerField(null=True, blank=True, help_text="to the network")
    fee_micro = models.BigIntegerField(null=True, blank=True, help_text="to the platform")
    released_micro = models.BigIntegerField(null=True, blank=True)
    loss_micro = models.BigIntegerField(default=0, help_text="what the platform lost on it; never the customer's")
    settled_at = models.DateTimeField(null=True, blank=True)
    # what was seen of it, and what the platform itself did about it
    seen = models.CharField(
        max_length=10, blank=True, choices=Seen.choices, help_text="What the chain showed last."
    )
    seen_slot = models.BigIntegerField(default=0, help_text="As of which slot; what is older is not applied.")
    gone_at = models.DateTimeField(null=True, blank=True, help_text="When its account was known to be closed.")
    heard_at = models.DateTimeField(null=True, blank=True, help_text="The node's last sign of life, by our clock.")
    ending = models.CharField(
        max_length=20,
        choices=Reason.choices,
        blank=True,
        help_text="Why the platform itself asked for its end; empty while it did not.",
    )
    move_to = models.ForeignKey(
        Market,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="Where staff move the job.",
    )
    move_most_micro = models.BigIntegerField(
        null=True, blank=True, help_text="The most the moved job may hold, as its customer agreed."
    )
    waited_at = models.DateTimeField(null=True, blank=True, help_text="When it had waited too long.")
    warned_at = models.DateTimeField(null=True, blank=True, help_text="When its time limit came near.")
    adrift_at = models.DateTimeField(null=True, blank=True, help_text="Since when no node has it and no queue.")
    parked_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it waits for a person of the staff."
    )
    parked_why = models.CharField(max_length=500, blank=True)
    # the result
    log_complete_at = models.DateTimeField(null=True, blank=True)
    result_tries = models.PositiveIntegerField(default=0)
    result_try_at = models.DateTimeField(null=True, blank=True, help_text="When to ask for the result again.")
    clean_wanted_at = models.DateTimeField(null=True, blank=True, help_text="When its rent was asked back.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="attempt_once")]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(settled_at=None), name="attempt_unsettled"),
            models.Index(
                fields=["id"],
                condition=models.Q(gone_at=None, settled_at__isnull=False, address__isnull=False),
                name="attempt_not_gone",
            ),
            models.Index(fields=["id"], condition=models.Q(parked_at__isnull=False), name="attempt_parked"),
            models.Index(
                fields=["ended_at"],
                condition=models.Q(clean_wanted_at=None, ended_at__isnull=False, settled_at__isnull=False),
                name="attempt_rent_out",
            ),
            models.Index(  # what reconciliation asks of a day
                fields=["settled_at"],
                condition=models.Q(settled_at__isnull=False, address__isnull=False),
                name="attempt_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} attempt {self.number}"

    @property
    def held_micro(self) -> int:
        """What the hold takes from the balance, micro-NOS."""
        return self.network_micro + self.network_fee_micro + self.platform_fee_micro


class Want(models.Model):
    """An act wanted of the chain; the bridge makes exactly one order of it and closes it with the outcome."""

    class Kind(models.TextChoices):
        LIST = "list"
        STOP = "stop"
        EXTEND = "extend"
        RECOVER = "recover"
        CLEAN = "clean"

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="wants")
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="wants")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "seq"], name="want_once"),
            models.UniqueConstraint(
                fields=["attempt", "kind"],
                condition=models.Q(kind__in=["list", "recover", "clean"]),
                name="want_kind_once_per_attempt",
            ),
            models.UniqueConstraint(
                fields=["attempt"], condition=models.Q(kind="stop", closed_at=None), name="want_one_open_stop"
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=models.Q(closed_at=None), name="want_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.job_id}"


class Extension(models.Model):
    """More time for an attempt, asked for by a member: held first, then put on the chain or given back."""

    class State(models.TextChoices):
        OPEN = "open"
        LANDED = "landed"
        REFUSED = "refused"

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="extensions")
    want = models.OneToOneField(Want, on_delete=models.PROTECT, related_name="extension")
    from_s = models.PositiveIntegerField(help_text="The time limit before, seconds.")
    to_s = models.PositiveIntegerField(help_text="The time limit wanted, seconds in all.")
    network_micro = models.BigIntegerField(help_text="held for the node: price × the seconds more")
    network_fee_micro = models.BigIntegerField(default=0)
    platform_fee_micro = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(to_s__gt=models.F("from_s")), name="job_extension_lengthens"
            ),
            models.UniqueConstraint(
                fields=["attempt"], condition=models.Q(state="open"), name="job_extension_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_s} s to {self.to_s} s"
