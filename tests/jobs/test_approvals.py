"""Jobs above the organisation's limit: asked for, approved, and launched within what was approved."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from apps.billing.models import Hold
from apps.billing.selectors import wallet
from apps.billing.services import hold_place
from apps.core.errors import AppError, Denied, KeyReused
from apps.core.models import Mail
from apps.core.retelling import retold
from apps.jobs.models import Job, Market, Want
from apps.jobs.services import ApprovalNeeded, attempt_repriced, job_estimate, job_launch, job_submit
from apps.organisations.models import Approval, Membership, Organisation
from apps.organisations.roles import Role
from apps.organisations.services import Actor, approval_decide
from tests.jobs.conftest import DEFINITION, NOW
from tests.world import World

KEY = str(uuid.uuid4())


@pytest.fixture
def limited(rich: World, market: Market) -> World:
    """Acme, where a job above 0.02 credits needs an approval; an hour costs about 0.16."""
    Organisation.objects.filter(pk=rich.acme.pk).update(approval_job_micro=20_000)
    return rich


def terms(world: World, **more: Any) -> dict[str, Any]:
    membership = Membership.objects.select_related("organisation", "user").get(
        user=world.mia, organisation=world.acme
    )
    return {
        "membership": membership,
        "project": world.project,
        "market": Market.objects.get(),
        "definition": DEFINITION,
        "timeout_s": 3600,
        "name": "Train",
        "submission_key": KEY,
        "now": NOW,
        **more,
    }


def launched(world: World, **more: Any) -> Job | Approval:
    return job_launch(**terms(world, **more), actor=Actor.person(world.mia), reason="Nightly")


def asked(world: World, **more: Any) -> Approval:
    approval = launched(world, **more)
    assert isinstance(approval, Approval)
    return approval


def approved(world: World, approval: Approval) -> Approval:
    return approval_decide(
        approval_id=approval.pk,
        membership=Membership.objects.get(user=world.adam),
        approve=True,
        actor=Actor.person(world.adam),
        now=NOW + timedelta(hours=1),
    )


def nothing_was_launched() -> bool:
    return not (Job.objects.exists() or Hold.objects.exists() or Want.objects.exists())


def test_a_job_within_the_limit_is_launched_at_once(limited: World) -> None:
    assert isinstance(launched(limited, timeout_s=60), Job)


def test_a_job_above_the_limit_becomes_a_request_and_nothing_is_held(limited: World) -> None:
    approval = asked(limited)
    assert approval.amount_micro == job_estimate(Market.objects.get(), 3600).total_micro
    assert approval.worst_case.startswith(
        "The job “Train” runs on GPU for at most 1 h 00 min and costs at most 0."
    )
    assert nothing_was_launched()
    assert Mail.objects.filter(text__contains="Nightly").count() == 2


def test_approved_the_job_is_launched_as_the_one_who_asked(limited: World) -> None:
    done = approved(limited, asked(limited))
    job = Job.objects.get()
    assert (done.state, done.outcome) == ("done", f"job:{job.pk}")
    assert (job.member_id, job.approved_micro) == (limited.mia.pk, done.amount_micro)
    assert Hold.objects.get().amount_micro == done.amount_micro
    assert Want.objects.get().job == job


def test_a_job_for_one_node_is_still_meant_for_it_when_it_is_approved(limited: World) -> None:
    node = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM"
    approval = asked(limited, node=node)
    assert ["Node", node] in approval.facts["lines"]
    approved(limited, approval)
    assert Job.objects.get().node_wanted == node
    within = launched(limited, submission_key="within", timeout_s=60, node=node)
    assert isinstance(within, Job)
    assert within.node_wanted == node
    with pytest.raises(AppError, match="named by its address"):
        launched(limited, submission_key="bad", node="node 7")
    with pytest.raises(KeyReused):
        launched(limited, submission_key="within", timeout_s=60)


def test_a_second_press_leads_to_the_same_request_and_another_job_is_refused(limited: World) -> None:
    assert asked(limited) == asked(limited)
    with pytest.raises(KeyReused):
        asked(limited, name="Other")
    approved(limited, asked(limited))
    assert asked(limited).state == "done"
    assert Job.objects.count() == 1


def test_nothing_goes_past_the_limit_by_submitting_directly(limited: World) -> None:
    with pytest.raises(ApprovalNeeded, match="above 0.02 Acme asks for an approval"):
        job_submit(**terms(limited))
    asked(limited)
    with pytest.raises(ApprovalNeeded, match="waits for its approval"):
        job_submit(**terms(limited))
    assert nothing_was_launched()


def test_when_the_balance_is_gone_nothing_is_half_done_and_it_can_be_approved_later(limited: World) -> None:
    approval = asked(limited)
    spend = wallet(limited.acme.pk).available_micro - 1
    place = {"organisation_id": limited.acme.pk, "network_fee_micro": 0, "platform_fee_micro": 0, "now": NOW}
    hold_place(source="other:1", network_micro=spend, label="other", **place)
    again = approved(limited, approval)
    assert again.state == "open"
    assert "are missing. Top up" in again.refusal
    assert not Job.objects.exists()
    assert Hold.objects.count() == 1


def test_a_dearer_market_asks_again_with_the_new_worst_case(limited: World) -> None:
    approval = asked(limited)
    Market.objects.update(price_micro=86)
    with translation.override("de"):  # whoever approves reads German; what is kept is for all
        again = approved(limited, approval)
    assert (again.state, again.round) == ("open", 2)
    assert again.amount_micro == job_estimate(Market.objects.get(), 3600).total_micro
    assert "became dearer" in again.refusal
    with translation.override("de"):
        assert "ist teurer geworden" in retold(again.refusal), "kept in English, read in German"
    assert nothing_was_launched()
    assert approved(limited, approval).state == "done"


def test_a_closed_market_is_told_and_the_request_stays(limited: World) -> None:
    approval = asked(limited)
    Market.objects.update(open=False)
    assert "is closed; choose another one" in approved(limited, approval).refusal
    assert nothing_was_launched()


@pytest.mark.parametrize("gone", [True, False])
def test_whoever_may_not_launch_any_more_launches_nothing_by_an_approval(limited: World, gone: bool) -> None:
    approval = asked(limited)
    mia = Membership.objects.filter(user=limited.mia, organisation=limited.acme)
    if gone:
        mia.delete()
    else:
        mia.update(role=Role.VIEWER)
    failed = approved(limited, approval)
    assert failed.state == "failed"
    assert "any more" in failed.refusal
    assert nothing_was_launched()


def test_a_viewer_asks_for_nothing(limited: World) -> None:
    victor = Membership.objects.get(user=limited.victor)
    with pytest.raises(Denied):
        launched(limited, membership=victor)
    assert not Approval.objects.exists()


@pytest.mark.parametrize(("timeout_s", "price", "listed"), [(60, 43, True), (60, 44, True), (60, 430, False)])
def test_a_price_that_rises_before_listing_stays_within_the_limit(
    limited: World, timeout_s: int, price: int, listed: bool
) -> None:
    job = launched(limited, timeout_s=timeout_s)
    assert isinstance(job, Job)
    assert job.attempt is not None
    assert attempt_repriced(attempt_id=job.attempt.pk, price_micro=price, now=NOW) is listed


def test_a_price_that_rises_after_the_approval_ends_the_job_and_releases_all(limited: World) -> None:
    approved(limited, asked(limited))
    job = Job.objects.select_related("attempt").get()
    assert job.attempt is not None
    assert not attempt_repriced(attempt_id=job.attempt.pk, price_micro=44, now=NOW)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "approved" in job.sentence
    assert wallet(limited.acme.pk).held_micro == 0


def test_the_form_leads_to_the_request(limited: World, market: Market) -> None:
    body = {
        "name": "Train",
        "definition": '{"version": "0.1", "type": "container", "ops": [{"type": "container/run", "id": "a", '
        '"args": {"image": "ubuntu", "cmd": ["true"]}}]}',
        "market": "gpu",
        "timeout_minutes": "60",
        "reason": "Nightly",
        "submission_key": str(uuid.uuid4()),
    }
    mia = limited.client(limited.mia)
    answer = mia.post("/o/acme/jobs/new/", body)
    approval = Approval.objects.get()
    assert answer.url == f"/o/acme/settings/approvals/{approval.pk}/"
    assert mia.post("/o/acme/jobs/new/", body).url == answer.url
    page = mia.get(answer.url).content.decode()
    assert "Waiting for Olga or Adam" in page
    assert "Withdraw" in page
    assert "Approve</button>" not in page
    assert nothing_was_launched()
