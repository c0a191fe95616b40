"""Events told to programs: what happened, where it is sent, and what became of each sending."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.organisations.models import Organisation, Project


class Event(models.Model):
    """A fact about a thing of the organisation. The facts of one thing are numbered in the order they happened.

    With an audience it is a notice too: people read it, those with the permission (in its project), or of them only
    its person.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="events")
    type = models.CharField(max_length=60, help_text="noun.verb, as apps declare it.")
    subject = models.CharField(max_length=80, help_text="The thing, as noun:ID.")
    sequence = models.PositiveIntegerField(help_text="1 is the subject's first event.")
    key = models.CharField(max_length=120, help_text="Names the fact, so that it is told once.")
    data = models.JSONField()
    at = models.DateTimeField()
    audience = models.CharField(
        max_length=40, blank=True, help_text="The permission it takes to read it; empty: only programs are told."
    )
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    mailed = models.JSONField(default=list, help_text="Addresses that a mail of its own goes to.")
    passed_on_at = models.DateTimeField(null=True, help_text="When its readers' mails were promised.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key"], name="event_once"),
            models.CheckConstraint(condition=Q(person=None) | ~Q(audience=""), name="event_person_reads"),
            models.UniqueConstraint(fields=["organisation", "subject", "sequence"], name="event_numbered"),
        ]
        indexes = [
            models.Index(fields=["organisation", "-id"], name="event_page"),
            models.Index(fields=["at"], name="event_age"),
            models.Index(
                fields=["id"], condition=Q(passed_on_at=None) & ~Q(audience=""), name="notice_to_pass_on"
            ),
            models.Index(
                F("organisation"),
                F("id").desc(),
                condition=Q(person=None) & ~Q(audience=""),
                name="notice_page",
            ),
            models.Index(
                F("person"),
                F("organisation"),
                F("id").desc(),
                condition=Q(person__isnull=False),
                name="notice_own_page",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} of {self.subject}"


class Endpoint(models.Model):
    """An address of the organisation's own that is told of events: a program's, or a channel of a chat.

    The address of a chat's channel is a secret: whoever has it may write there. It is sealed, `url` names its host.
    """

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", _("Webhook")
        SLACK = "slack", _("Slack")
        DISCORD = "discord", _("Discord")
        TEAMS = "teams", _("Microsoft Teams")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="endpoints")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.WEBHOOK)
    url = models.CharField(max_length=500)
    address = models.TextField(blank=True, help_text="The whole address of a chat's channel, sealed.")
    description = models.CharField(max_length=120, blank=True)
    types = models.JSONField(default=list, help_text="Which events; an empty list means all.")
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, null=True, related_name="+", help_text="Only what happens there."
    )
    quiet_from = models.PositiveSmallIntegerField(
        null=True, help_text="The organisation's hour from which it waits."
    )
    quiet_until = models.PositiveSmallIntegerField(null=True, help_text="The hour at which it goes on.")
    secret = models.TextField(help_text="What signs, sealed.")
    old_secret = models.TextField(blank=True, help_text="What signs too, until its time is over.")
    old_secret_until = models.DateTimeField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    failing_since = models.DateTimeField(null=True, help_text="The first failure since the last success.")
    off_at = models.DateTimeField(null=True)
    off_reason = models.CharField(max_length=200, blank=True)
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["webhook", "slack", "discord", "teams"]), name="endpoint_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="webhook", address="")
                | ~Q(kind="webhook") & (~Q(address="") | ~Q(removed_at=None)),
                name="endpoint_chat_address",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__lt=24, quiet_until__lt=24) & ~Q(quiet_from=F("quiet_until")),
                name="endpoint_quiet_hours",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "id"], condition=Q(removed_at=None), name="endpoint_page"),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def is_chat(self) -> bool:
        """Whether people read it in a chat."""
        return self.kind != self.Kind.WEBHOOK


class Delivery(models.Model):
    """One event for one endpoint, until it arrived or was given up."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        DEAD = "dead", _("Given up")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    subject = models.CharField(max_length=80, help_text="The event's, so that its order is found by an index.")
    sequence = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0, help_text="Since it was last set to waiting.")
    next_try_at = models.DateTimeField()
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "delivered", "dead"]), name="delivery_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="delivered") | Q(delivered_at__isnull=False), name="delivery_delivered_when"
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state="waiting"), name="delivery_due"),
            models.Index(
                fields=["endpoint", "subject", "sequence"], condition=Q(state="waiting"), name="delivery_order"
            ),
            models.Index(F("endpoint"), F("id").desc(), name="delivery_page"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"


class DeliveryTry(models.Model):
    """One sending of a delivery, and what the endpoint answered."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    status = models.PositiveIntegerField(null=True)
    milliseconds = models.PositiveIntegerField()
    error = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=500, blank=True, help_text="How the endpoint's answer begins.")

    class Meta:
        verbose_name_plural = "delivery tries"

    def __str__(self) -> str:
        return f"{self.status or self.error}"
