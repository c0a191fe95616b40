"""A job once more, and another name for it."""

from typing import Any

import pytest

from apps.billing.models import Hold
from apps.core.errors import AppError, Conflict, Denied
from apps.jobs.models import Job, Market, Want
from apps.jobs.policies import Policy
from apps.jobs.services import Privacy, SecretsMissing, job_rename, job_restart, job_stop
from apps.organisations.models import Approval, AuditEvent, Membership
from apps.organisations.services import Actor
from tests.jobs.conftest import DEFINITION, NOW
from tests.world import World

SECRET = {**DEFINITION, "global": {"env": {"TOKEN": "%%secret.TOKEN%%"}}}


def again(member: Membership, job: Job, key: str = "again") -> Job | Approval:
    """Run the job again as the member would."""
    actor = Actor.person(member.user)
    return job_restart(membership=member, job=job, submission_key=key, actor=actor, now=NOW)


def test_a_restart_is_a_new_job_that_is_the_same_in_everything(submit: Any, mia: Membership) -> None:
    job = submit(
        policy=Policy(reposts=2), timeout_s=900, definition=SECRET, privacy=Privacy(secrets={"TOKEN": "abcdef"})
    )
    job_stop(membership=mia, job=job, now=NOW)
    made, twin = again(mia, job), again(mia, job)
    assert isinstance(made, Job)
    assert made == twin
    same = ("name", "definition", "market_id", "timeout_s", "visibility", "project_id", "secrets_id", "reposts")
    assert [getattr(made, field) for field in same] == [getattr(job, field) for field in same]
    assert (made.state, Job.objects.count(), Hold.objects.count()) == ("pending", 2, 2)
    assert Want.objects.filter(job=made, kind="list").count() == 1
    assert Job.objects.get(pk=job.pk).stop_requested_at == NOW


def test_secrets_of_somebody_else_are_asked_for(submit: Any, rich: World) -> None:
    job = submit(definition=SECRET, privacy=Privacy(secrets={"TOKEN": "abcdef"}))
    with pytest.raises(SecretsMissing, match="TOKEN"):
        again(rich.acme.memberships.get(user=rich.adam), job)
    assert Job.objects.count() == 1


def test_a_closed_market_stands_against_it(submit: Any, mia: Membership, market: Market) -> None:
    job = submit()
    Market.objects.update(open=False)
    with pytest.raises(Conflict, match="is closed"):
        again(mia, Job.objects.get(pk=job.pk))
    assert Job.objects.count() == 1


def test_above_the_limit_a_restart_asks_for_an_approval(submit: Any, mia: Membership, rich: World) -> None:
    job = submit()
    rich.acme.approval_job_micro = 1_000
    rich.acme.save()
    mia.organisation.refresh_from_db()
    made = again(mia, job)
    assert isinstance(made, Approval)
    assert Job.objects.count() == 1


def test_a_viewer_neither_restarts_nor_renames(submit: Any, rich: World) -> None:
    job, victor = submit(), rich.acme.memberships.get(user=rich.victor)
    with pytest.raises(Denied):
        again(victor, job)
    with pytest.raises(Denied):
        job_rename(membership=victor, job=job, name="Mine", actor=Actor.person(rich.victor), now=NOW)
    assert (Job.objects.count(), Job.objects.get().name) == (1, "Hello")


def test_a_new_name_is_told_once(submit: Any, mia: Membership) -> None:
    job, actor = submit(), Actor.person(mia.user)
    for _ in range(2):
        job_rename(membership=mia, job=job, name="  Run   8 ", actor=actor, now=NOW)
    assert Job.objects.get().name == "Run 8"
    assert [event.sentence for event in job.events.filter(kind="renamed")] == [
        "Mia renamed it from “Hello” to “Run 8”."
    ]
    assert AuditEvent.objects.filter(act="job.renamed").count() == 1
    assert Hold.objects.get().label == "Hello"
    for odd in ("", "   ", "x" * 121):
        with pytest.raises(AppError, match="1 to 120 characters"):
            job_rename(membership=mia, job=job, name=odd, actor=actor, now=NOW)
