"""How serious a log line sounds. The same rule stands in static/js/log/lines.js for lines that a browser has."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    ERROR = "error", _("Errors")
    WARNING = "warning", _("Warnings and errors")


ERROR_STREAMS = ("error", "nodeerr")
ERROR_WORDS = r"\y(error|errors|fatal|critical|exception|traceback|panic|failed)\y"  # as PostgreSQL reads it
WARNING_WORDS = r"\y(warn|warning|warnings|deprecated)\y"


def words_of(level: str) -> str:
    """Return the pattern that lines of the level, or a more serious one, fit; "" for all lines."""
    if level == Level.ERROR:
        return ERROR_WORDS
    return f"{ERROR_WORDS}|{WARNING_WORDS}" if level == Level.WARNING else ""
