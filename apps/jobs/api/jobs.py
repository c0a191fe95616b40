"""Jobs: launch, list, look, stop, extend."""

import uuid
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import AppError
from apps.core.rest import PageAsked, page_answer
from apps.core.rest.schema import described
from apps.jobs.api.shapes import (
    AttemptShape,
    CountedShape,
    EventShape,
    JobChange,
    JobExtend,
    JobNew,
    JobRelabelBody,
    JobShape,
    JobsQuestion,
    JobWhole,
    RehearsalShape,
    estimate_shape,
    in_body_words,
    job_shape,
    job_whole,
    policy_read,
)
from apps.jobs.models import Job
from apps.jobs.selectors import ShownJob, job_at_hand, job_get, job_shown, jobs_answered, launch_ground
from apps.jobs.services import (
    Privacy,
    job_change,
    job_extend,
    job_launch,
    job_rehearse,
    job_relabel,
    job_restart,
    job_stop,
)
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import AskedShape, Nothing
from apps.organisations.models import Approval, Grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import project_get


class Jobs(Endpoint):
    """The jobs of an organisation."""

    @described(JobShape, page=True, question=JobsQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the jobs the caller may see, newest first."""
        grant, now = self.grant(Permission.JOBS_VIEW), timezone.now()
        page = PageAsked(request, JobsQuestion, newest_first=True)
        found = jobs_answered(
            grant,
            page.asked,
            by=page.by,
            descending=page.descending,
            after=page.after(Job),
            limit=page.limit + 1,
        )
        return page.answer(found, lambda job: job_shape(job, now))

    @described(JobWhole, body=JobNew, status=201, also={200: RehearsalShape, 202: AskedShape})
    def post(self, request: Request, slug: str) -> Response:
        """Launch a job: its worst case is held until it ends.

        A job above the organisation's limit becomes a request (202). A repeat with the same Idempotency-Key and body
        gets the same job. With `dry_run` everything is checked, and nothing is launched (200).
        """
        grant = self.grant(Permission.JOBS_LAUNCH)
        wanted = JobNew(data=request.data).read()
        try:
            return self._launch(grant, wanted)
        except AppError as refusal:
            raise in_body_words(refusal) from refusal

    def _launch(self, grant: Grant, wanted: dict[str, Any]) -> Response:
        project, market, usual = launch_ground(grant, project=wanted.get("project"), market=wanted["market"])
        grant.require(Permission.JOBS_LAUNCH, project.pk)
        changes, now = wanted.get("policy"), timezone.now()
        terms: dict[str, Any] = {
            "membership": grant.member,
            "project": project,
            "market": market,
            "definition": wanted["definition"],
            "timeout_s": wanted["timeout_s"],
            "name": wanted["name"],
            "privacy": Privacy(wanted["visibility"], wanted.get("secrets", {}), wanted.get("secrets_of")),
            "reason": wanted["reason"],
            "template": wanted["template"],
            "template_number": wanted.get("template_number"),
            "labels": wanted.get("labels"),
            "node": wanted["node"],
            "policy": None if changes is None else policy_read(usual, changes),
            "usual": usual,
            "actor": self.actor,
            "now": now,
        }
        if wanted["dry_run"]:
            found = job_rehearse(**terms)
            return Response(
                {
                    "dry_run": True,
                    "outcome": found.outcome,
                    "market": terms["market"].slug,
                    "project": project.slug,
                    "estimate": estimate_shape(found.estimate),
                }
            )
        return _made(self, job_launch(**terms, submission_key=self.once_key(grant) or str(uuid.uuid4())))


class OneJob(Endpoint):
    """One job."""

    volatile = frozenset({"cost_micro"})

    @described(JobWhole)
    def get(self, request: Request, slug: str, job_id: UUID) -> Response:
        """Read a job, with what it runs."""
        job = job_shown(self.grant(Permission.JOBS_VIEW), job_id)
        return Response(job_whole(job, slug, timezone.now()))

    @described(JobWhole, body=JobChange)
    def patch(self, request: Request, slug: str, job_id: UUID) -> Response:
        """Rename a job, or put it into another project; what it cost and holds stays counted where it was."""
        grant = self.grant(Permission.JOBS_LAUNCH)
        job = job_get(grant, job_id, Permission.JOBS_LAUNCH)
        wanted = JobChange(data=request.data).read()
        project = project_get(grant, wanted["project"]) if "project" in wanted else None
        job_change(
            grant=grant, job=job, name=wanted.get("name"), project=project, actor=self.actor, now=timezone.now()
        )
        return Response(job_whole(job_shown(grant, job_id), slug, timezone.now()))


class JobStop(Endpoint):
    """The stop of a job."""

    @described(JobShape, body=Nothing)
    def post(self, request: Request, slug: str, job_id: UUID) -> Response:
        """Stop a job: a queued job costs nothing, a running one its seconds. A repeat changes nothing."""
        grant = self.grant(Permission.JOBS_STOP)
        job = job_get(grant, job_id, Permission.JOBS_STOP)
        Nothing(data=request.data).read()
        member = grant.member

        def act() -> Any:
            return _again(job_stop(membership=member, job=job, now=timezone.now()))

        return self.once(grant, act, status=200)


class JobRestart(Endpoint):
    """A job once more."""

    @described(JobWhole, body=Nothing, status=201, also={202: AskedShape})
    def post(self, request: Request, slug: str, job_id: UUID) -> Response:
        """Launch a job again: a new one that is the same in everything; the old one is left alone.

        A job above the organisation's limit becomes a request (202). A repeat with the same Idempotency-Key gets the
        same job.
        """
        grant = self.grant(Permission.JOBS_LAUNCH)
        job = job_get(grant, job_id, Permission.JOBS_LAUNCH)
        Nothing(data=request.data).read()
        made = job_restart(
            membership=grant.member,
            job=job,
            submission_key=self.once_key(grant) or str(uuid.uuid4()),
            actor=self.actor,
            now=timezone.now(),
        )
        return _made(self, made)


class JobMoreTime(Endpoint):
    """More time for a job."""

    @described(JobShape, body=JobExtend)
    def post(self, request: Request, slug: str, job_id: UUID) -> Response:
        """Give a job more time: hold what that costs and ask the network; `timeout_s` changes when it has arrived."""
        grant = self.grant(Permission.JOBS_LAUNCH)
        job = job_get(grant, job_id, Permission.JOBS_LAUNCH)
        wanted = JobExtend(data=request.data).read()
        member = grant.member

        def act() -> Any:
            return _again(
                job_extend(membership=member, job=job, timeout_s=wanted["timeout_s"], now=timezone.now())
            )

        try:
            return self.once(grant, act, status=200)
        except AppError as refusal:
            raise in_body_words(refusal) from refusal


class JobRelabel(Endpoint):
    """Where a job's cost is counted."""

    @described(CountedShape, body=JobRelabelBody)
    def post(self, request: Request, slug: str, job_id: UUID) -> Response:
        """Count what a job has cost under another project and labels, in reports from now on; documents stay.

        A repeat changes nothing. 409 before anything of it is settled.
        """
        grant = self.grant(Permission.BILLING_MANAGE)
        job = job_get(grant, job_id)
        wanted = JobRelabelBody(data=request.data).read()
        project, labels = project_get(grant, wanted["project"]), wanted.get("labels", {})

        def act() -> Any:
            counted = job_relabel(
                grant=grant,
                job=job,
                project=project,
                labels=labels,
                reason=wanted["reason"],
                actor=self.actor,
                now=timezone.now(),
            )
            return {"project": project.slug, "labels": labels, "records": counted}

        return self.once(grant, act, status=200)


def _made(endpoint: Endpoint, made: Job | Approval) -> Response:
    if isinstance(made, Approval):
        return Response({"approval": str(made.pk)}, status=202)
    slug = endpoint.kwargs["slug"]
    answer = Response(job_whole(ShownJob.of(made), slug, timezone.now()), status=201)
    answer["Location"] = endpoint.request.build_absolute_uri(reverse("jobs_api:job", args=[slug, made.pk]))
    return answer


def _again(job: Job) -> Any:
    return job_shape(job_at_hand(job).listed, timezone.now())


class JobEvents(Endpoint):
    """The timeline of a job."""

    @described(EventShape, page=True)
    def get(self, request: Request, slug: str, job_id: UUID) -> Response:
        """List what happened to a job, oldest first."""
        job = job_get(self.grant(Permission.JOBS_VIEW), job_id)
        return page_answer(request, job.events.all(), lambda row: EventShape(row).data)


class JobAttempts(Endpoint):
    """The tries of a job."""

    @described(AttemptShape, page=True)
    def get(self, request: Request, slug: str, job_id: UUID) -> Response:
        """List the attempts of a job, the first one first, each with its addresses, times and costs."""
        job = job_get(self.grant(Permission.JOBS_VIEW), job_id)
        return page_answer(request, job.attempts.all(), lambda row: AttemptShape(row).data)
