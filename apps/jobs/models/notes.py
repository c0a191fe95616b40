"""What people write down about a job."""

from django.conf import settings
from django.db import models

from apps.core.ids import uuid7
from apps.jobs.models.jobs import Job

NOTE_LIMIT = 4_000  # characters


class Note(models.Model):
    """A member's plain text about a job; who deletes it leaves the row without the text."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(deleted_at=None) & ~models.Q(text="")
                | models.Q(deleted_at__isnull=False, text=""),
                name="job_note_says_something_until_deleted",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
