"""How much a further try of a job may hold."""

from django.db.models import Max

from apps.jobs.models import Attempt, Job


def hold_most(job: Job, attempt: Attempt) -> int:
    """Return the most a further try may hold, micro-NOS: what the first held, or what its customer agreed to since."""
    first = job.attempts.order_by("number").first() or attempt
    agreed = job.attempts.aggregate(most=Max("move_most_micro"))["most"] or 0
    return max(first.held_micro, agreed)
