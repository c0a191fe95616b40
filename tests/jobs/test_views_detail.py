"""One job: what its page says in each state, its live parts, its stop."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.jobs import services
from apps.jobs.models import Job, Market, Want
from apps.jobs.pages import outcomes
from apps.jobs.services import Observation, Seen
from apps.organisations.models import Membership
from tests.console.scene import credits_give, job_finish, job_list, job_make, job_run, markets_make
from tests.world import World


@pytest.fixture
def job(world: World) -> Job:
    """A job of Mia's that waits to be put on the chain."""
    credits_give(world.acme)
    market: Market = markets_make()[0]
    return job_make(Membership.objects.get(user=world.mia), market)


def page_of(world: World, job: Job, query: str = "") -> str:
    """Return the job's page as Victor, who may only look, sees it."""
    return world.client(world.victor).get(f"/o/acme/jobs/{job.pk}/{query}").content.decode()


def seen_of(page: str) -> str:
    """Return the page's token."""
    return re.search(r'data-seen="([^"]+)"', page).group(1)


def test_a_pending_job_says_what_happens_next_and_what_is_held(world: World, job: Job) -> None:
    page = page_of(world, job)
    assert 'data-state="pending"' in page
    assert "being put on the network" in page
    assert "0.027090" in page


def test_a_running_job_counts_its_cost_and_names_its_node(world: World, job: Job) -> None:
    job_list(job, timezone.now())
    job_run(job, timezone.now() - timedelta(seconds=100))
    page = page_of(world, job)
    assert 'data-state="running"' in page
    assert re.search(
        r'data-tick data-price="43" data-fixed="0" data-bp="500" data-ran="10\d" data-limit="600"', page
    )
    assert "9tWv3h…5oHnSa" in page


def test_a_settled_job_shows_cost_fee_release_and_results(world: World, job: Job) -> None:
    began = timezone.now() - timedelta(seconds=300)
    job_list(job, began)
    job_run(job, began)
    job_finish(job, started=began, ended=began + timedelta(seconds=200))
    page = page_of(world, job)
    assert 'data-settled="true"' in page
    for amount in ("0.009030", "0.008600", "0.000430", "0.018060"):  # paid, node, fee, released of 0.027090
        assert amount in page
    assert "148933" in page
    assert "exit code 0" in page


def test_a_job_that_never_ran_says_that_it_cost_nothing(world: World, job: Job) -> None:
    services.attempt_failed(
        attempt_id=job.attempt.pk,
        reason="chain_refused",
        sentence="The market’s queue is full.",
        now=timezone.now(),
    )
    page = page_of(world, job)
    assert "The market’s queue is full." in page
    assert "It cost nothing" in page


def test_live_parts_come_only_when_something_changed_and_end_with_the_job(world: World, job: Job) -> None:
    seen = seen_of(page_of(world, job))
    victor, url = world.client(world.victor), f"/o/acme/jobs/{job.pk}/"
    assert victor.get(f"{url}?seen={seen}").status_code == 204
    began = timezone.now()
    job_list(job, began)
    changed = victor.get(f"{url}?seen={seen}")
    assert changed.status_code == 200
    assert "<html" not in changed.content.decode()
    assert 'id="job-timeline"' in changed.content.decode()
    job_run(job, began)
    job_finish(job, started=began, ended=began + timedelta(seconds=9))
    last = victor.get(f"{url}?seen={seen_of(changed.content.decode())}")
    assert last.status_code == 286
    assert "hx-get" not in re.search(r'<div id="job-live"[^>]*>', last.content.decode()).group(0)


def test_the_page_is_a_404_for_outsiders_and_for_jobs_of_others(world: World, job: Job, client: Client) -> None:
    for url in (f"/o/acme/jobs/{job.pk}/", f"/o/xenon/jobs/{job.pk}/", f"/o/acme/jobs/{job.pk}/stop/"):
        assert world.client(world.xena).get(url).status_code == 404
    assert client.get(f"/o/acme/jobs/{job.pk}/").status_code == 302


def test_a_job_page_takes_a_fixed_number_of_queries(
    world: World, job: Job, django_assert_num_queries: object
) -> None:
    victor = world.client(world.victor)
    with django_assert_num_queries(12):
        victor.get(f"/o/acme/jobs/{job.pk}/")


def test_a_developer_stops_a_job_and_a_repeat_changes_nothing(world: World, job: Job) -> None:
    mia, url = world.client(world.mia), f"/o/acme/jobs/{job.pk}/stop/"
    assert "costs nothing" in mia.get(url).content.decode()
    for _ in range(2):
        assert mia.post(url).url == f"/o/acme/jobs/{job.pk}/"
    assert Want.objects.filter(kind="stop").count() == 1
    assert "stop asked for" in page_of(world, job)


def test_a_viewer_may_not_stop(world: World, job: Job) -> None:
    response = world.client(world.victor).post(f"/o/acme/jobs/{job.pk}/stop/")
    assert response.status_code == 403
    assert "to stop jobs it takes the role" in response.content.decode()
    assert not Want.objects.filter(kind="stop").exists()
    assert "Stop the job" not in page_of(world, job)
    assert f"/o/acme/jobs/{job.pk}/stop/" not in page_of(world, job)


def test_a_job_that_is_over_cannot_be_stopped_and_says_so(world: World, job: Job) -> None:
    job_list(job, timezone.now())
    Job.objects.filter(pk=job.pk).update(reposts=0)
    quit_ = Observation(seen=Seen.QUIT, slot=4219)
    services.job_observe(attempt_id=job.attempt.pk, observation=quit_, now=timezone.now())
    response = world.client(world.mia).post(f"/o/acme/jobs/{job.pk}/stop/")
    assert response.status_code == 409
    assert "already failed; there is nothing to stop" in response.content.decode()


@pytest.mark.parametrize(
    "result",
    [None, [], {"opStates": "x"}, {"opStates": [3, None]}, {"opStates": [{"exitCode": "1", "results": 7}]}],
)
def test_results_of_unknown_shape_never_break_the_page(result: object) -> None:
    assert all(not outcome.values for outcome in outcomes(result))


def test_names_and_results_are_shown_as_text_never_as_markup(world: World, job: Job) -> None:
    op = {"operationId": "<script>", "exitCode": 1, "results": {"<b>": ["<img src=x>"]}}
    Job.objects.filter(pk=job.pk).update(name="<i>x</i>", result={"opStates": [op]}, result_at=timezone.now())
    page = page_of(world, job)
    assert "<script>" not in page
    assert "<img src=x>" not in page
    assert "&lt;i&gt;x" in page
