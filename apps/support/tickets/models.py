"""Tickets, their messages, and the answers staff keep ready."""

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models import Invoice
from apps.core.ids import uuid7
from apps.jobs.models import Job
from apps.organisations.models import Organisation

SUBJECT_LONGEST, TEXT_LONGEST = 150, 4_000


class NextNumber(Func):
    """The next number of a ticket; some are left out, since a ticket that was not kept takes one too."""

    template = "nextval('support_ticket_number')"
    output_field = models.BigIntegerField()


class Ticket(models.Model):
    """A question of a person of an organisation; what it was opened with never changes, only how it stands.

    Its owner is the member of staff who sees to it.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        WAITING = "waiting", _("Waiting for the customer")
        SOLVED = "solved", _("Solved")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(db_default=NextNumber(), editable=False, help_text="What people call it.")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="tickets")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tickets")
    key = models.UUIDField(help_text="Of the form it came by: sent twice, it is one ticket.")
    subject = models.CharField(max_length=SUBJECT_LONGEST)
    job = models.ForeignKey(Job, null=True, on_delete=models.PROTECT, related_name="tickets")
    invoice = models.ForeignKey(Invoice, null=True, on_delete=models.PROTECT, related_name="tickets")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    moved_at = models.DateTimeField(help_text="When the last message came.")
    waits_since = models.DateTimeField(
        null=True, help_text="Since when the customer waits for us; only while open."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="tickets_owned"
    )

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-moved_at"], name="ticket_newest"),
            models.Index(fields=["waits_since"], condition=Q(state="open"), name="ticket_open"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="ticket_number_once"),
            models.UniqueConstraint(fields=["opened_by", "key"], name="ticket_once"),
            models.CheckConstraint(condition=~Q(subject=""), name="ticket_has_subject"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "waiting", "solved"]), name="ticket_state_known"
            ),
            models.CheckConstraint(condition=Q(job=None) | Q(invoice=None), name="ticket_about_one_thing"),
            models.CheckConstraint(
                condition=Q(state="open", waits_since__isnull=False)
                | ~Q(state="open") & Q(waits_since__isnull=True),
                name="ticket_waits_while_open",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def words(self) -> object:
        """How it stands, as the customer reads it."""
        return _("Waiting for you") if self.state == self.State.WAITING else self.get_state_display()


class TicketHandover(models.Model):
    """Who got a ticket, or that nobody has it any more, and by whom; the database lets nobody change or delete it."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="handovers")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.owner or 'nobody'} by {self.by}"


class TicketMessage(models.Model):
    """What one side wrote, or that it called the ticket solved; the database lets nobody change or delete it."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_staff = models.BooleanField(default=False)
    key = models.UUIDField(help_text="Of the form it came by: sent twice, it is one message.")
    text = models.TextField(max_length=TEXT_LONGEST, blank=True)
    state = models.CharField(
        max_length=10, choices=Ticket.State.choices, help_text="How the ticket stood after it."
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["author", "at"], name="ticket_message_lately")]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "key"], name="ticket_message_once"),
            models.CheckConstraint(
                condition=~Q(text="") | Q(state="solved"), name="ticket_message_says_something"
            ),
            models.CheckConstraint(
                condition=Q(by_staff=True, state__in=["waiting", "solved"])
                | Q(by_staff=False, state__in=["open", "solved"]),
                name="ticket_message_hands_over",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80] or "solved"


class CannedAnswer(models.Model):
    """An answer staff keep ready; {name}, {organisation} and {subject} are filled in."""

    title = models.CharField(max_length=100, unique=True, help_text="What staff choose it by.")
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    text = models.TextField(
        max_length=TEXT_LONGEST, help_text="{name}, {organisation} and {subject} are filled in; nothing else is."
    )

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return f"{self.title} ({self.language})"
