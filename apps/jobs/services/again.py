"""A job once more, and a job's name."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing.models import Hold
from apps.core.errors import AppError, Conflict
from apps.jobs import sentences as said
from apps.jobs.models import Job
from apps.jobs.services.approvals import job_launch
from apps.jobs.services.moves import event_write, job_lock
from apps.jobs.services.secrets import Privacy
from apps.organisations.models import Approval, Membership
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, audit_record

NAME_LIMIT = 120


def job_restart(
    *, membership: Membership, job: Job, submission_key: str, actor: Actor, now: datetime
) -> Job | Approval:
    """Launch a new job that is the same in everything: definition, market, time limit, project, policy, secrets.

    The job itself, live or over, is left alone. A used key returns what it made, job or request for approval. Raises
    what job_launch raises: Conflict where its market is closed, SecretsMissing where its secrets were somebody else's
    or are wiped, CapReached, InsufficientCredits.
    """
    _own(membership, job)
    attempt = job.attempt
    source = attempt.hold_source if attempt else ""
    dimensions = Hold.objects.filter(source=source).values_list("dimensions", flat=True).first() or {}
    return job_launch(
        membership=membership,
        project=job.project,
        market=job.market,
        definition=job.definition,
        timeout_s=_first_timeout(job),
        name=job.name,
        submission_key=submission_key,
        actor=actor,
        now=now,
        privacy=Privacy(job.visibility, reuse=job.secrets_id),
        template=job.template or str(dimensions.get("template", "")),
        template_number=job.template_number,
        labels=job.labels,
        policy=job.policy,
    )


def job_rename(*, membership: Membership, job: Job, name: str, actor: Actor, now: datetime) -> Job:
    """Give the job another name; the same name again changes nothing.

    What is held and settled keeps the name it was booked under. Raises Denied, AppError for no name or a long one.
    """
    _own(membership, job)
    kept = " ".join(name.replace("\x00", "").split())
    if not kept or len(kept) > NAME_LIMIT:
        sentence = _("A job needs a name of 1 to %(most)d characters.") % {"most": NAME_LIMIT}
        raise AppError(sentence, code="name_invalid", fields={"name": [sentence]})
    with transaction.atomic():
        job = job_lock(job.pk)
        if job.name == kept:
            return job
        before, job.name = job.name, kept
        job.save(update_fields=["name"])
        sentence = said.RENAMED % {"who": membership.user, "before": before, "after": kept}
        event_write(job=job, kind="renamed", sentence=sentence[:500], now=now)
        audit_record(
            organisation_id=job.organisation_id,
            actor=actor,
            act="job.renamed",
            subject=f"job:{job.pk}",
            before={"title": before},
            after={"title": kept},
            now=now,
        )
    return job


def _own(membership: Membership, job: Job) -> None:
    membership.require(Permission.JOBS_LAUNCH, job.project_id)
    if job.organisation_id != membership.organisation_id:
        raise Conflict(_("This job belongs to another organisation."))


def _first_timeout(job: Job) -> int:
    """Return the time limit the job was launched with, seconds: what it was given later is not asked for again."""
    extension = job.attempt.extensions.order_by("pk").first() if job.attempt else None
    return extension.from_s if extension else job.timeout_s
