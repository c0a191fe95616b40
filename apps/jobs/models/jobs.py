"""Jobs, their secrets, their rules and their timeline."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.jobs.models.markets import Market
from apps.jobs.policies import PolicyFields
from apps.jobs.state import LIVE, OVER, Reason, State
from apps.organisations.models import Organisation, Project


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
