"""What a person made of an organisation's notices: how far they have read, and what they want to hear of."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.notifications.models.webhooks import Event
from apps.organisations.models import Organisation

DAILY_HOUR = 8


class Reader(models.Model):
    """A person who reads an organisation's notices. Without a row: nothing read since they joined, nothing chosen."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="readers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="readers")
    read_until = models.DateTimeField(null=True, help_text="Notices up to then are read.")
    choices = models.JSONField(
        default=dict,
        help_text='By kind: {"here": if it is listed, "mail": none, now or daily}; else the kind\'s own.',
    )
    quiet_from = models.PositiveSmallIntegerField(null=True, help_text="The hour from which mails wait.")
    quiet_until = models.PositiveSmallIntegerField(null=True, help_text="The hour at which they go.")
    time_zone = models.CharField(max_length=50, blank=True, help_text="IANA name; empty: the organisation's.")
    daily_hour = models.PositiveSmallIntegerField(default=DAILY_HOUR, help_text="When the daily mail goes.")
    daily_on = models.DateField(null=True, help_text="The person's day of the last daily mail.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="reader_once"),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__lt=24, quiet_until__lt=24) & ~Q(quiet_from=F("quiet_until")),
                name="reader_quiet_hours",
            ),
            models.CheckConstraint(condition=Q(daily_hour__lt=24), name="reader_daily_hour"),
        ]

    def __str__(self) -> str:
        return f"{self.user} of {self.organisation}"


class NoticeRead(models.Model):
    """One notice that a person read, though not all before it."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="reads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "event"], name="notice_read_once")]

    def __str__(self) -> str:
        return f"{self.event_id} by {self.user_id}"


class NoticeMail(models.Model):
    """A notice that goes to a person by e-mail, at once or in the daily mail; each notice once."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="mails")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    daily = models.BooleanField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "event"], name="notice_mail_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(sent_at=None), name="notice_mail_due")]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.user_id}"
