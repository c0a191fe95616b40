"""Plumbing rows: messages to run, mails to send, leases, idempotency keys, the staff's trail."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.core.ids import uuid7


class Message(models.Model):
    """A task that must run at least once; written in the transaction that wants it, deleted when it has run."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    queue = models.CharField(max_length=30, default="default")
    payload = models.JSONField(default=dict)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    sent_again_at = models.DateTimeField(null=True, help_text="When the sweep last told the broker of this try.")
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    request_id = models.CharField(
        max_length=64,
        blank=True,
        db_default="",
        help_text="Of the request that wrote it; every line about it has it.",
    )
    parked_at = models.DateTimeField(null=True, help_text="Set when the attempts are used up; a person must look.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["next_at"], condition=models.Q(parked_at=None), name="message_due")]

    def __str__(self) -> str:
        return f"{self.name} {self.payload}"


class Mail(models.Model):
    """One e-mail, by a key that names the fact it tells, so that a fact is told once."""

    key = models.CharField(max_length=200, unique=True)
    to = models.EmailField()
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField(blank=True)
    sealed = models.BooleanField(
        default=False, help_text="Holds a secret: encrypted until it is sent, then wiped."
    )
    unsubscribe_url = models.CharField(
        max_length=500, blank=True, help_text="Where one POST ends mails like this one (RFC 8058)."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["sent_at"],
                condition=models.Q(sent_at__isnull=False) & ~models.Q(text=""),
                name="mail_worded",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"


class MailAttachment(models.Model):
    """A file that goes with a mail."""

    mail = models.ForeignKey(Mail, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=100)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """Who may do a periodic act now; the lease ends by itself when its holder dies."""

    name = models.CharField(max_length=100, primary_key=True)
    token = models.UUIDField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """The first answer to a keyed act, so that a repeat gets the same answer and does nothing."""

    scope = models.CharField(max_length=100, help_text="Whose key it is, e.g. the organisation's id and the act.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    result = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    forget_at = models.DateTimeField(null=True, help_text="Empty where a repeat could cost something: it stays.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once")]
        indexes = [
            models.Index(
                fields=["forget_at"],
                condition=models.Q(forget_at__isnull=False),
                name="idempotency_key_forgettable",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class StaffAct(models.Model):
    """What one of the platform's own people did, and why: the staff's trail. Append-only by trigger.

    Whoever did it is named by an id that outlives them; nobody where it was done at the machine's own console.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    act = models.CharField(max_length=60, help_text="noun.verb, as in the trails of organisations.")
    subject = models.CharField(max_length=120)
    organisation_id = models.UUIDField(null=True, help_text="Upon which organisation, if upon one.")
    reason = models.CharField(max_length=1_000, blank=True)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "act of the staff"
        verbose_name_plural = "acts of the staff"
        indexes = [models.Index(fields=["organisation_id", "-id"], name="staff_act_upon")]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"
