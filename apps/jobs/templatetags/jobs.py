"""Tags for pages that show jobs."""

from django import template

from apps.jobs.tables import JOBS

register = template.Library()


@register.simple_tag
def job_columns() -> dict[str, bool]:
    """Return the columns of a table of jobs where nobody chose any."""
    return {column.name: column.always or column.shown for column in JOBS.columns}
