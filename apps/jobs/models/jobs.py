"""Markets as last seen, jobs, their attempts on the chain, what is wanted of the chain, and timeline."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.jobs.policies import PolicyFields
from apps.jobs.state import LIVE, OVER, Reason, Seen, State
from apps.organisations.models import Organisation, Project

FIGURES_FROM = 5  # jobs; fewer say nothing of a market


class Market(models.Model):
    """A market of the network, as last seen on the chain; prices are micro-NOS a second."""

    class Queue(models.IntegerChoices):
        JOBS = 0, _("jobs wait")
        NODES = 1, _("nodes wait")
        EMPTY = 255, _("nobody waits")

    address = models.CharField(max_length=44, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    gpu = models.CharField("GPU", max_length=120, blank=True)
    vram_gb = models.PositiveIntegerField("VRAM (GB)", default=0)
    price_micro = models.BigIntegerField(default=0, help_text="micro-NOS a second")
    job_timeout = models.BigIntegerField(
        default=7200, help_text="Seconds a job takes here at most, as the market hints."
    )
    job_expiration = models.BigIntegerField(
        default=86_400, help_text="Seconds until an ended job may be cleaned away."
    )
    queue_type = models.PositiveSmallIntegerField(choices=Queue.choices, default=Queue.EMPTY)
    queue_len = models.PositiveIntegerField(default=0)
    nodes_waiting = models.PositiveIntegerField(default=0)
    open = models.BooleanField(default=False)
    observed_at = models.DateTimeField(null=True, blank=True)
    observed_slot = models.BigIntegerField(default=0)
    # what the network's own list says
    listed = models.BooleanField(default=False, help_text="The network's own list names it.")
    listed_at = models.DateTimeField(null=True, blank=True)
    usd_micro_hour = models.BigIntegerField(
        null=True, blank=True, help_text="Millionths of a dollar an hour, as the network lists it."
    )
    # what our own jobs of the last days say
    wait_median_s = models.PositiveIntegerField(null=True, blank=True, help_text="Seconds from queue to start.")
    jobs_counted = models.PositiveIntegerField(default=0, help_text="Jobs that ran there or failed to.")
    jobs_finished = models.PositiveIntegerField(default=0)
    figured_at = models.DateTimeField(null=True, blank=True)
    # what staff say
    hidden = models.BooleanField(default=False, help_text="Takes no new jobs; what runs there goes on.")
    rank = models.SmallIntegerField(default=0, help_text="Smaller comes first; the same rank by price.")
    note = models.CharField(max_length=200, blank=True, help_text="A sentence that customers read beside it.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(price_micro__gte=0), name="market_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(jobs_finished__lte=models.F("jobs_counted")),
                name="market_finished_within_counted",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def finished_percent(self) -> int | None:
        """Of the jobs counted, how many finished; None where too few were counted to say."""
        few = self.jobs_counted < FIGURES_FROM
        return None if few else self.jobs_finished * 100 // self.jobs_counted


class SecretSet(models.Model):
    """The secrets given for a job, sealed together (vault.py); `wiped_at` when they are kept no longer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    names = models.JSONField(help_text="What the secrets are called; the names are no secrets.")
    key_number = models.PositiveIntegerField()
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    wiped_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["key_number"], condition=models.Q(wiped_at=None), name="secretset_by_key")]

    def __str__(self) -> str:
        return f"secrets {self.pk}"


class Job(PolicyFields):
    """One piece of work an organisation asked for. Only `job_move` writes its state."""

    class Visibility(models.TextChoices):
        PRIVATE = "private", _("Private")
        PUBLIC = "public", _("Public")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="jobs")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="jobs")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    name = models.CharField(max_length=120)
    definition = models.JSONField(help_text="With marks (%%secret.NAME%%) in the places of secrets.")
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="jobs")
    timeout_s = models.PositiveIntegerField(help_text="Seconds; the chain pays the node no longer than this.")
    visibility = models.CharField(max_length=20, choices=Visibility.choices, default=Visibility.PRIVATE)
    secrets = models.ForeignKey(SecretSet, on_delete=models.PROTECT, null=True, blank=True, related_name="jobs")
    node_wanted = models.CharField(
        max_length=44, blank=True, help_text="The one node that shall run it; empty for the next free one."
    )
    template = models.CharField(max_length=60, blank=True, help_text="The address of the template it began from.")
    template_number = models.PositiveIntegerField(null=True, blank=True, help_text="Which version of it.")
    labels = models.JSONField(default=dict, blank=True, help_text="Texts by name, for reports and filters.")
    price_micro = models.BigIntegerField(
        help_text="The market's price when the job was accepted, micro-NOS a second."
    )
    approved_micro = models.BigIntegerField(
        null=True, help_text="The worst case that was approved, micro-NOS; empty if it took no approval."
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=20, choices=Reason.choices, default=Reason.NONE, blank=True)
    sentence = models.CharField(max_length=300, blank=True, help_text="Why it is in this state, for people.")
    attempt = models.OneToOneField(
        "Attempt", on_delete=models.PROTECT, null=True, related_name="+", help_text="The current attempt."
    )
    node = models.CharField(max_length=44, blank=True)
    created_at = models.DateTimeField()
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    result_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(  # with what a search of names reads of each
                fields=["organisation", "-id"], include=["name", "project"], name="job_page"
            ),
            models.Index(fields=["organisation", "state", "-id"], name="job_page_state"),
            models.Index(fields=["organisation", "name", "id"], name="job_page_name"),
            models.Index(fields=["organisation", "timeout_s", "id"], name="job_page_limit"),
            models.Index(fields=["state"], condition=models.Q(state__in=LIVE), name="job_live"),
            models.Index(
                fields=["organisation", "template", "-id"],
                condition=~models.Q(template=""),
                name="job_by_template",
            ),
            models.Index(  # all that the figures of markets ask of the jobs of the last days
                fields=["ended_at"],
                include=["id", "market", "state", "reason", "queued_at", "started_at"],
                condition=models.Q(ended_at__isnull=False),
                name="job_ended",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="job_state_known"),
            models.CheckConstraint(condition=models.Q(timeout_s__gt=0), name="job_timeout_positive"),
            models.CheckConstraint(
                condition=~models.Q(visibility="public") | models.Q(secrets=None),
                name="job_public_without_secrets",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=OVER) | models.Q(ended_at__isnull=False), name="job_over_has_end"
            ),
        ]
        permissions = [
            ("observe_job", "observe jobs"),
            ("end_job", "end jobs"),
            ("move_job", "move jobs"),
            ("recover_job", "recover jobs"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def private(self) -> bool:
        """Whether only its organisation, and the owner of the node that runs it, can read it."""
        return self.visibility == self.Visibility.PRIVATE

    @property
    def over(self) -> bool:
        """Whether the job has ended; its money may still wait for finality."""
        return self.state in OVER


class OrganisationPolicy(PolicyFields):
    """What an organisation's new jobs do by themselves, unless they say otherwise."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, primary_key=True, related_name="job_policy"
    )

    def __str__(self) -> str:
        return f"Policy of {self.organisation_id}"


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


class JobEvent(models.Model):
    """One line of a job's timeline; what the chain did carries its signature and slot."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=30)
    sentence = models.CharField(max_length=500)
    state = models.CharField(max_length=12, choices=State.choices)
    act = models.CharField(max_length=20, blank=True, help_text="The program's instruction, if it tells of one.")
    signature = models.CharField(max_length=88, blank=True)
    slot = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["signature"], condition=~models.Q(signature=""), name="job_event_signature")
        ]
        constraints = [
            models.UniqueConstraint(fields=["job", "seq"], name="job_event_once"),
            models.UniqueConstraint(
                fields=["job", "signature", "act"], condition=~models.Q(act=""), name="job_event_act_once"
            ),
        ]

    def __str__(self) -> str:
        return self.sentence
