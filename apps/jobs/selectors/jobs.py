"""Questions about jobs, organisation first."""

import uuid
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils.translation import gettext as _

from apps.billing import services as billing
from apps.core.errors import AppError, NotFound
from apps.jobs.models import Attempt, Job, JobEvent, Market, SecretSet, Want
from apps.jobs.policies import NEAR_LEAST_S, NEAR_MOST_S, NEAR_SHARE, QueueThen
from apps.jobs.selectors.listed import ListedJob, job_unknown
from apps.jobs.state import Seen, State
from apps.organisations.models import Grant, Membership
from apps.organisations.roles import Permission


def jobs_of(grant: Grant) -> QuerySet[Job]:
    """Return the organisation's jobs that may be seen, with market, project, member and current attempt."""
    jobs = _whole().filter(organisation=grant.organisation)
    allowed = grant.reach.projects_where(Permission.JOBS_VIEW)
    return jobs if allowed is None else jobs.filter(project__in=allowed)


def _whole() -> QuerySet[Job]:
    return Job.objects.select_related("market", "project", "member", "attempt")


def job_get(grant: Grant, job_id: uuid.UUID | str, permission: Permission = Permission.JOBS_VIEW) -> Job:
    """Return a job that may be seen, if its project allows the act too. Raises NotFound and Denied."""
    rows = jobs_of(grant).select_related("secrets", "book").defer("secrets__sealed", "book__places")
    try:
        job = next(iter(rows.filter(pk=uuid.UUID(str(job_id)))), None)
    except ValueError:
        job = None
    if job is None:
        raise job_unknown(grant)
    grant.require(permission, job.project_id)
    return job


def job_again(job: Job) -> Job:
    """Return the job as it is now, for whoever may see it already."""
    return _whole().get(pk=job.pk)


def timeline(job: Job) -> list[JobEvent]:
    """Return the events of the job, oldest first."""
    return list(job.events.order_by("seq"))


def running_cost(job: Job | ListedJob, now: datetime) -> int:
    """Return what the job costs up to now, micro-NOS, fees included: the settled cost, or price × seconds so far.

    The job must come with its current attempt. Nothing is posted.
    """
    attempt = job.attempt
    if attempt is None:
        return 0
    if attempt.settled_at is not None:
        return (attempt.cost_micro or 0) + (attempt.fee_micro or 0)
    if job.started_at is None or job.state == State.FAILED:
        return 0
    ran = ((job.ended_at or now) - job.started_at).total_seconds()
    network = attempt.price_micro * min(max(int(ran), 0), job.timeout_s)
    return network + attempt.network_fee_micro + billing.platform_fee(network)


def markets_open() -> list[Market]:
    """Return the markets that take new jobs, in the order staff gave them, else cheapest first."""
    return list(Market.objects.filter(open=True, hidden=False).order_by("rank", "price_micro", "slug"))


def markets_listed() -> list[Market]:
    """Return the markets that the network's own list names, by id."""
    return list(Market.objects.filter(listed=True).order_by("id"))


def secrets_reusable(membership: Membership, set_id: uuid.UUID | str) -> SecretSet | None:
    """Return a set of secrets that the member gave for an earlier job, to be used again unseen; None for others'."""
    try:
        wanted = uuid.UUID(str(set_id))
    except ValueError:
        return None
    sets = SecretSet.objects.filter(organisation_id=membership.organisation_id, member_id=membership.user_id)
    return sets.filter(pk=wanted, wiped_at=None).first()


def market_get(slug: str) -> Market:
    """Return the open market. Raises NotFound."""
    market = Market.objects.filter(slug=slug, open=True, hidden=False).first()
    if market is None:
        raise NotFound(_("There is no open market “%(slug)s”; choose one from the list.") % {"slug": slug})
    return market


def market_find(text: str) -> Market:
    """Return the market with this slug or address. Raises AppError with the field, for a program's body."""
    market = Market.objects.filter(Q(slug=text) | Q(address=text), open=True, hidden=False).first()
    if market is None:
        sentence = _("There is no open market “%(text)s”; choose one of GET /api/v1/markets.") % {
            "text": text[:60]
        }
        raise AppError(sentence, code="market_unknown", fields={"market": [sentence]})
    return market


def wants_open() -> QuerySet[Want]:
    """Return the wants that are not done, oldest first."""
    return Want.objects.filter(closed_at=None).order_by("id")


def attempts_unsettled() -> QuerySet[Attempt]:
    """Return the attempts with an address whose money is not settled, with their jobs, oldest first."""
    return (
        Attempt.objects.filter(settled_at=None, address__isnull=False)
        .select_related("job")
        .defer("job__definition", "job__result")
        .order_by("id")
    )


def attempts_restless() -> QuerySet[Attempt]:
    """Return the unsettled attempts that will change without being heard of: over, to be ended, or just listed."""
    asked = ~Q(ending="") | Q(job__stop_requested_at__isnull=False)
    return attempts_unsettled().filter(Q(seen__in=[Seen.NONE, Seen.QUIT, Seen.DONE, Seen.GONE]) | asked)


def attempts_seen() -> Iterator[tuple[uuid.UUID, str]]:
    """Yield id and address of the unsettled attempts whose account the chain has shown and should show still."""
    seen = Attempt.objects.filter(settled_at=None, address__isnull=False, parked_at=None)
    rows = seen.exclude(seen__in=[Seen.NONE, Seen.GONE]).order_by("id").values_list("pk", "address")
    yield from ((pk, str(address)) for pk, address in rows.iterator(chunk_size=5_000))


def attempts_with_jobs(ids: Collection[uuid.UUID]) -> QuerySet[Attempt]:
    """Return these attempts with their jobs, without definition and result."""
    found = Attempt.objects.filter(pk__in=ids).select_related("job")
    return found.defer("job__definition", "job__result").order_by("id")


def attempts_settled_not_gone(*, before: datetime) -> Iterator[Attempt]:
    """Yield the attempts settled before then whose account was not known to be closed, oldest first."""
    found = Attempt.objects.filter(gone_at=None, settled_at__isnull=False, address__isnull=False)
    rows = found.filter(settled_at__lt=before).order_by("id").only("address", "job_id")
    yield from rows.iterator(chunk_size=5_000)


def _seconds(name: str) -> Any:
    """Return a column of seconds as a length of time the database counts with."""
    return ExpressionWrapper(F(name) * Value(timedelta(seconds=1)), output_field=DurationField())


def _current(state: State) -> QuerySet[Attempt]:
    return Attempt.objects.filter(job__attempt=F("pk"), job__state=state, ending="", job__stop_requested_at=None)


def attempts_waiting_too_long(*, now: datetime) -> QuerySet[Attempt, uuid.UUID]:
    """Return ids of attempts in a queue for longer than their job's policy allows, with something left to try."""
    late = _current(State.QUEUED).annotate(due_at=F("job__queued_at") + _seconds("job__queue_limit_s"))
    undone = Q(waited_at=None) | Q(job__queue_then=QueueThen.MOVE)
    return late.filter(undone, due_at__lte=now).order_by("due_at").values_list("pk", flat=True)


def attempts_near_limit(*, now: datetime) -> QuerySet[Attempt, uuid.UUID]:
    """Return ids of running attempts near their time limit of which nobody was told."""
    near = Greatest(NEAR_LEAST_S, Least(F("job__timeout_s") / NEAR_SHARE, NEAR_MOST_S))
    left = ExpressionWrapper(
        (F("job__timeout_s") - near) * Value(timedelta(seconds=1)), output_field=DurationField()
    )
    found = _current(State.RUNNING).filter(warned_at=None).annotate(due_at=F("job__started_at") + left)
    return found.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)


def attempts_overrun(*, before: datetime) -> QuerySet[Attempt, uuid.UUID]:
    """Return ids of running attempts whose time limit was over before then."""
    found = _current(State.RUNNING).annotate(due_at=F("job__started_at") + _seconds("job__timeout_s"))
    return found.filter(due_at__lte=before).order_by("due_at").values_list("pk", flat=True)


def attempts_silent(*, now: datetime) -> QuerySet[Attempt, uuid.UUID]:
    """Return ids of running attempts whose node gave no sign of life for longer than their job's policy allows."""
    heard = Greatest(Coalesce("heard_at", "job__started_at"), "job__started_at")
    found = _current(State.RUNNING).annotate(due_at=heard + _seconds("job__silent_limit_s"))
    return found.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)


def hold_needed(*, source: str) -> bool | None:
    """Return whether the attempt behind a hold still needs it: until its money is settled; None for no job's hold."""
    if not source.startswith("job:"):
        return None
    return Attempt.objects.filter(hold_source=source, settled_at=None).exists()


def attempts_running() -> QuerySet[Attempt]:
    """Return the attempts whose log is to be followed: their job runs, on a known node."""
    return (
        Attempt.objects.filter(job__state=State.RUNNING, settled_at=None, address__isnull=False)
        .exclude(node="")
        .order_by("id")
    )


def attempts_without_result(*, since: datetime, now: datetime) -> QuerySet[Attempt]:
    """Return attempts that ended after `since`, whose result is not stored yet and due to be asked for."""
    due = Q(result_try_at=None) | Q(result_try_at__lte=now)
    return Attempt.objects.filter(due, log_complete_at=None, ended_at__gt=since).order_by("result_try_at", "id")


def attempts_to_clean(*, now: datetime, gave_up: datetime) -> QuerySet[Attempt]:
    """Return settled attempts whose account still lies on the chain and may be closed, oldest first.

    Their result is stored, or they ended before `gave_up`; their market's expiration time is over at `now`.
    """
    expiration = ExpressionWrapper(F("job__market__job_expiration") * timedelta(seconds=1), DurationField())
    over = Attempt.objects.filter(settled_at__isnull=False, clean_wanted_at=None, ended_at__lt=now - expiration)
    kept = Q(log_complete_at__isnull=False) | Q(ended_at__lt=gave_up)
    return over.filter(kept).order_by("ended_at")
