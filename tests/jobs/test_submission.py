"""What a job costs at most, who may launch it, and that two clicks launch one."""

import copy

import pytest

from apps.billing.errors import InsufficientCredits
from apps.billing.models import Hold
from apps.billing.selectors import wallet
from apps.core.errors import AppError, Conflict, Denied, KeyReused
from apps.core.models import Message
from apps.jobs.definitions import DefinitionRefused
from apps.jobs.models import Job, Market, Want
from apps.jobs.selectors import job_get, jobs_latest, running_cost
from apps.jobs.services import job_estimate, job_stop
from apps.jobs.state import State
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get
from tests.jobs.conftest import CREDITS, DEFINITION, NOW, PRICE
from tests.organisations.keys import grant
from tests.world import World


def nothing_happened(world: World) -> bool:
    return (
        not Job.objects.exists() and not Hold.objects.exists() and wallet(world.acme.pk).available_micro == CREDITS
    )


def test_the_worst_case_is_price_times_timeout_and_the_fees(market: Market, settings: object) -> None:
    settings.CHAIN_FEE_DIVISOR = 10  # type: ignore[attr-defined]
    estimate = job_estimate(market, 7200)
    assert estimate.network_micro == 309_600
    assert estimate.network_fee_micro == 30_960
    assert estimate.platform_fee_micro == 15_480
    assert estimate.total_micro == 356_040
    assert estimate.per_hour_micro == 178_020


def test_a_job_comes_with_its_hold_its_want_and_a_message_for_the_bridge(submit, rich: World) -> None:
    job = submit()
    assert job.state == State.PENDING
    assert wallet(rich.acme.pk).held_micro == PRICE * 600 * 105 // 100 == job.attempt.held_micro
    assert [want.kind for want in Want.objects.all()] == ["list"]
    assert Message.objects.get(name="bridge.order_make").payload == {"want_id": Want.objects.get().pk}


def test_two_clicks_launch_one_job(submit) -> None:
    assert submit().pk == submit().pk
    assert Hold.objects.count() == 1


def test_the_same_key_for_another_job_is_refused(submit) -> None:
    submit()
    with pytest.raises(KeyReused):
        submit(timeout_s=700)


def test_too_little_credit_refuses_the_job_and_keeps_nothing(submit, rich: World) -> None:
    with pytest.raises(InsufficientCredits):
        submit(
            timeout_s=7 * 86_400, market=Market.objects.create(address="N", slug="n", price_micro=10**6, open=True)
        )
    assert nothing_happened(rich)
    submit()  # the key is free again


def test_a_closed_market_refuses_the_job(submit, market: Market, rich: World) -> None:
    Market.objects.update(open=False)
    with pytest.raises(Conflict, match="closed"):
        submit()
    assert nothing_happened(rich)


@pytest.mark.parametrize("timeout_s", [0, -5, 9, 7 * 86_400 + 1])
def test_a_timeout_out_of_range_is_refused(submit, rich: World, timeout_s: int) -> None:
    with pytest.raises(AppError) as refusal:
        submit(timeout_s=timeout_s)
    assert refusal.value.code == "timeout_out_of_range"
    assert nothing_happened(rich)


def test_an_unknown_key_is_refused_with_its_path(submit, rich: World) -> None:
    definition = copy.deepcopy(DEFINITION)
    definition["ops"][0]["args"]["imagee"] = "x"
    with pytest.raises(DefinitionRefused) as refusal:
        submit(definition=definition)
    assert "ops[0].args.imagee" in refusal.value.fields
    assert nothing_happened(rich)


def test_a_private_definition_is_refused_until_it_can_be_kept_private(submit) -> None:
    send = {"type": "api", "args": {"endpoint": "https://example.org"}}
    with pytest.raises(DefinitionRefused, match="logistics"):
        submit(definition=DEFINITION | {"logistics": {"send": send, "receive": send}})


def test_a_viewer_may_neither_launch_nor_stop(submit, rich: World) -> None:
    victor = membership_get(rich.victor, rich.acme.slug, Permission.JOBS_VIEW)
    with pytest.raises(Denied):
        submit(membership=victor)
    job = submit()
    with pytest.raises(Denied):
        job_stop(membership=victor, job=job, now=NOW)


def test_a_project_of_another_organisation_is_refused(submit, rich: World) -> None:
    with pytest.raises(Conflict, match="not a live project"):
        submit(project=rich.other.projects.get())


def test_a_stop_is_wanted_once(submit, mia) -> None:
    job = submit()
    job_stop(membership=mia, job=job, now=NOW)
    job_stop(membership=mia, job=job, now=NOW)
    assert Want.objects.filter(kind="stop").count() == 1
    assert job.events.filter(kind="stop_requested").count() == 1


def test_a_job_of_another_organisation_is_not_found(submit, rich: World) -> None:
    job = submit()
    with pytest.raises(AppError) as refusal:
        job_get(grant(rich.xena), job.pk)
    assert refusal.value.status == 404
    with pytest.raises(AppError):
        job_get(grant(rich.mia), "no id")


def test_the_latest_jobs_come_in_one_query(submit, rich: World, django_assert_num_queries) -> None:
    jobs = [submit(submission_key=str(number), name=f"Job {number}") for number in range(5)]
    mia = grant(rich.mia)
    with django_assert_num_queries(1):
        latest = jobs_latest(mia, limit=3)
        assert [job.market.name for job in latest] == ["GPU"] * 3
    assert [job.pk for job in latest] == [job.pk for job in reversed(jobs[2:])]


def test_a_pending_job_costs_nothing_yet(submit) -> None:
    assert running_cost(submit(), NOW) == 0
