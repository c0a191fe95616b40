"""What jobs keep; import it from here."""

from apps.jobs.models.jobs import (
    FIGURES_FROM,
    Attempt,
    Extension,
    Job,
    JobEvent,
    Market,
    OrganisationPolicy,
    SecretSet,
    Want,
)
from apps.jobs.models.logs import LogBook, LogKeeping, LogLine
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
    "Market",
    "OrganisationPolicy",
    "SecretSet",
    "Template",
    "TemplateVersion",
    "Want",
]
