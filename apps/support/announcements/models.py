"""Announcements: kept in the database, read by pages from the cache alone."""

from django.db import models
from django.utils.translation import get_language


class Announcement(models.Model):
    """A sentence or two for everybody, in each language of the platform, shown from one moment to another."""

    class Level(models.TextChoices):
        INFO = "info", "Good to know"
        WARNING = "warn", "Take heed"
        SERIOUS = "bad", "Something is broken"

    level = models.CharField(max_length=10, choices=Level.choices, default=Level.INFO)
    text_en = models.CharField("text in English", max_length=500)
    text_de = models.CharField("text in German", max_length=500)
    starts_at = models.DateTimeField("shown from", help_text="UTC.")
    ends_at = models.DateTimeField("shown until", help_text="UTC. To take it down, set a moment that is past.")
    read_only = models.BooleanField(
        "read-only meanwhile",
        default=False,
        db_default=False,
        help_text="While it is shown every page can be read and nothing can be written; jobs that run go on, new ones"
        " wait, and nobody can put it away.",
    )

    class Meta:
        app_label = "support"
        permissions = [("stop_writing", "Can make the platform read-only for a while")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="announcement_ends_after_start",
                violation_error_message="It must end after it starts: choose a later end.",
            )
        ]

    def __str__(self) -> str:
        return self.text_en[:80]

    @property
    def text(self) -> str:
        """What it says in the language of the page."""
        return self.text_de if (get_language() or "").startswith("de") else self.text_en

    @property
    def name(self) -> str:
        """What a person who puts it away remembers it by."""
        return f"announcement:{self.pk}"
