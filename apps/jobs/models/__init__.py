"""What jobs keep; import it from here."""

from apps.jobs.models.attempts import Attempt, Extension, Want
from apps.jobs.models.jobs import Job, JobEvent, OrganisationPolicy, SecretSet
from apps.jobs.models.logs import LogBook, LogKeeping, LogLine, LogPage
from apps.jobs.models.markets import FIGURES_FROM, Market
from apps.jobs.models.notes import NOTE_LIMIT, Note
from apps.jobs.models.templates import Template, TemplateVersion

__all__ = [
    "Attempt",
    "Extension",
    "FIGURES_FROM",
    "Job",
    "JobEvent",
    "LogBook",
    "LogKeeping",
    "LogLine",
    "LogPage",
    "Market",
    "NOTE_LIMIT",
    "Note",
    "OrganisationPolicy",
    "SecretSet",
    "Template",
    "TemplateVersion",
    "Want",
]
