"""What people told us, and what we answered."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.ids import uuid7
from apps.jobs.models import Job
from apps.organisations.models import Organisation

TEXT_LONGEST, PAGE_LONGEST = 4_000, 300


class Feedback(models.Model):
    """What a person of an organisation told us; it never changes, and is answered, or needs no answer, once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="feedback")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="feedback")
    key = models.UUIDField(help_text="Of the form it came by: sent twice, it is told once.")
    text = models.TextField(max_length=TEXT_LONGEST)
    page = models.CharField(max_length=PAGE_LONGEST, blank=True, help_text="The path they came from.")
    job = models.ForeignKey(Job, null=True, on_delete=models.PROTECT, related_name="feedback")
    at = models.DateTimeField()
    answer = models.TextField(max_length=TEXT_LONGEST, blank=True, help_text="Empty where none was needed.")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="feedback_answered"
    )

    class Meta:
        verbose_name_plural = "feedback"
        indexes = [
            models.Index(fields=["organisation", "-id"], name="feedback_newest"),
            models.Index(fields=["person", "at"], name="feedback_lately"),
            models.Index(fields=["at"], condition=Q(answered_at=None), name="feedback_waits"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="feedback_once"),
            models.CheckConstraint(condition=~Q(text=""), name="feedback_says_something"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="feedback_answered_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]
