"""The log of a job: its lines, what is kept of them, for how long, and where words may be found in them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.jobs.models.attempts import Attempt
from apps.jobs.models.jobs import Job
from apps.organisations.models import Organisation


class LogBook(models.Model):
    """What is kept of a job's log, and the lock under which lines are written."""

    job = models.OneToOneField(Job, on_delete=models.PROTECT, primary_key=True, related_name="book")
    lines = models.PositiveIntegerField(default=0, help_text="The number of the newest line.")
    bytes = models.PositiveBigIntegerField(default=0, help_text="UTF-8 bytes of all lines.")
    full = models.BooleanField(default=False, help_text="Whether lines are counted only, not kept.")
    dropped_lines = models.PositiveBigIntegerField(default=0)
    dropped_bytes = models.PositiveBigIntegerField(default=0)
    places = models.JSONField(default=dict, help_text="The next position by “attempt|stream|operation”.")
    deleted_at = models.DateTimeField(null=True, help_text="When the lines were deleted, their time being over.")
    paged = models.PositiveIntegerField(
        default=0, help_text="Up to which line the search has pages; later ones are read."
    )

    class Meta:
        indexes = [
            models.Index(fields=["job"], condition=models.Q(deleted_at=None), name="logbook_kept"),
            models.Index(
                fields=["job"],
                condition=models.Q(deleted_at=None, lines__gt=models.F("paged")),
                name="logbook_to_page",
            ),
        ]

    def __str__(self) -> str:
        return f"log of {self.job_id}"


class LogKeeping(models.Model):
    """How long an organisation keeps the logs of its ended jobs; without a row, settings.JOB_LOG_DAYS."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    days = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(days__gte=1), name="log_keeping_a_day_at_least")]

    def __str__(self) -> str:
        return f"{self.days} days"


class LogLine(models.Model):
    """One line of a job's log; `seq` runs through the job, `position` through one stream of an operation."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="log")
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="log")
    seq = models.PositiveIntegerField()
    op_id = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField()
    stream = models.CharField(max_length=10)
    at = models.DateTimeField()
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "seq"], name="log_line_once"),
            models.UniqueConstraint(
                fields=["attempt", "op_id", "stream", "position"], name="log_line_position_once"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class LogPage(models.Model):
    """Neighbouring lines of a log with every three letters in a row that occur in them, for the search."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="log_pages", db_index=False)
    first_seq = models.PositiveIntegerField()
    last_seq = models.PositiveIntegerField()
    from_at = models.DateTimeField(help_text="The earliest time of its lines.")
    to_at = models.DateTimeField(help_text="The latest.")
    grams = ArrayField(
        models.BigIntegerField(), help_text="Three letters in a row, as one number (services.log_pages)."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "first_seq"], name="log_page_once")]
        indexes = [
            models.Index(fields=["organisation", "-job", "-first_seq"], name="log_page_newest"),
            GinIndex(fields=["grams"], name="log_page_grams"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.first_seq}–{self.last_seq}"
