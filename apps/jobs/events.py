"""What jobs tell to webhooks."""

from apps.jobs.models import Job
from apps.jobs.state import State
from apps.notifications.types import EventType

EXAMPLE = {
    "id": "0199a1b2-0000-7000-8000-000000000000",
    "name": "Nightly embeddings",
    "state": "completed",
    "reason": "finished",
    "sentence": "The node finished it after 929 s.",
    "project": "default",
}
SENTENCES = {
    State.QUEUED: "A job is listed on the network and waits for a node.",
    State.RUNNING: "A node runs a job.",
    State.COMPLETED: "A job ran to its end.",
    State.STOPPED: "A job was stopped by a member.",
    State.FAILED: "A job failed; it says why, and what it cost.",
}


def event_types() -> list[EventType]:
    """Return the kinds of events that jobs tell."""
    return [
        EventType(f"job.{state}", sentence, {**EXAMPLE, "state": str(state)})
        for state, sentence in SENTENCES.items()
    ]


def job_facts(job: Job) -> dict[str, str]:
    """Return what an event tells of a job; nothing of what it runs."""
    return {
        "id": str(job.pk),
        "name": job.name,
        "state": job.state,
        "reason": job.reason,
        "sentence": job.sentence,
        "project": job.project.slug,
    }
