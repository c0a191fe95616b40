"""Which of an organisation's jobs stand against closing it."""

from uuid import UUID

from apps.jobs.models import Job
from apps.jobs.state import LIVE
from apps.organisations.closing import Obstacle


def close_obstacles(*, organisation_id: UUID) -> list[Obstacle]:
    """Say how many jobs have not ended."""
    live = Job.objects.filter(organisation=organisation_id, state__in=LIVE).count()
    if not live:
        return []
    words = "1 job has not ended" if live == 1 else f"{live} jobs have not ended"
    return [Obstacle(f"{words}: stop what is not needed, and wait for the rest.")]
