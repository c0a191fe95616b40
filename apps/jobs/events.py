"""What jobs tell to programs and people."""

from django.utils.translation import gettext_lazy as _

from apps.jobs.models import Job
from apps.jobs.state import State
from apps.notifications.types import EventType, Group, MailWay, NoticeKind, Words
from apps.organisations.roles import Permission

EXAMPLE = {
    "id": "0199a1b2-0000-7000-8000-000000000000",
    "name": "Nightly embeddings",
    "state": "completed",
    "reason": "finished",
    "sentence": "The node finished it after 929 s.",
    "project": "default",
}
SENTENCES = {
    State.QUEUED: _("A job is listed on the network and waits for a node."),
    State.RUNNING: _("A node runs a job."),
    State.COMPLETED: _("A job ran to its end."),
    State.STOPPED: _("A job was stopped by a member."),
    State.FAILED: _("A job failed; it says why, and what it cost."),
}


def _notice(label: Words, title: Words, mail: MailWay = MailWay.NOW, text: Words = "{sentence}") -> NoticeKind:
    page = ("jobs:detail", "id")
    return NoticeKind(Group.JOBS, label, title, Permission.JOBS_VIEW, page, text, mail=mail)


FAILED = _notice(_("A job of mine failed"), _("“{name}” failed"))
OTHERS = [
    EventType(
        "job.waited",
        _("A job waited longer for a node than was chosen."),
        {**EXAMPLE, "state": "queued", "reason": "", "sentence": "It has waited 30 min 00 s for a node."},
        _notice(_("A job of mine waits too long"), _("“{name}” still waits for a node")),
    ),
    EventType(
        "job.near_limit",
        _("A job of an hour or more is near its time limit."),
        {**EXAMPLE, "state": "running", "reason": "", "sentence": "It ends in 5 min 00 s, at its time limit."},
        _notice(_("A job of mine is near its time limit"), _("“{name}” is near its time limit")),
    ),
    EventType(
        "job.not_extended",
        _("A job should have been given more time, and something stood against it."),
        {**EXAMPLE, "state": "running", "reason": "", "sentence": "It could not be extended to 2 h 00 min."},
        _notice(_("A job of mine could not be extended"), _("“{name}” could not be extended")),
    ),
    EventType(
        "job.settled",
        _("What a job cost is final; the rest of its hold is released."),
        {**EXAMPLE, "sentence": "Settled for 929 s.", "attempt": 1, "seconds": 929, "cost_micro": 1_250_000},
        _notice(
            _("A job of mine ended and was settled"),
            _("“{name}” ended and cost {cost} credits"),
            mail=MailWay.NONE,
        ),
    ),
    EventType(
        "job.parked",
        _("What a job cost has to be settled by the platform's staff; nothing is charged until then."),
        {**EXAMPLE, "state": "failed", "reason": "account_gone"},
        _notice(_("A job of mine is settled by hand"), _("“{name}” waits for our staff"), mail=MailWay.NONE),
    ),
]


def event_types() -> list[EventType]:
    """Return the kinds of events that jobs tell."""
    moves = [
        EventType(
            f"job.{state}", sentence, {**EXAMPLE, "state": str(state)}, FAILED if state == State.FAILED else None
        )
        for state, sentence in SENTENCES.items()
    ]
    return [*moves, *OTHERS]


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
