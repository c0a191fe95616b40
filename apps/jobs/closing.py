"""Which of an organisation's jobs stand against closing it."""

from uuid import UUID

from django.utils.translation import ngettext

from apps.jobs.models import Job
from apps.jobs.state import LIVE
from apps.organisations.closing import Obstacle


def close_obstacles(*, organisation_id: UUID) -> list[Obstacle]:
    """Say how many jobs have not ended."""
    live = Job.objects.filter(organisation=organisation_id, state__in=LIVE).count()
    if not live:
        return []
    sentence = ngettext(
        "%(live)d job has not ended: stop what is not needed, and wait for the rest.",
        "%(live)d jobs have not ended: stop what is not needed, and wait for the rest.",
        live,
    )
    return [Obstacle(sentence % {"live": live})]
