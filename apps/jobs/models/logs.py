"""The log of a job: its lines, what is kept of them, and for how long."""

from django.db import models

from apps.jobs.models.jobs import Attempt, Job
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

    class Meta:
        indexes = [models.Index(fields=["job"], condition=models.Q(deleted_at=None), name="logbook_kept")]

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
