"""The list of jobs: filters, pages, live rows."""

import re
import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from apps.jobs.models import Job, Market
from apps.organisations.models import Membership
from tests.console.scene import credits_give, job_list, job_make, markets_make
from tests.world import World

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def launch(world: World) -> Callable[[str], Job]:
    """Launch a job of Acme by name."""
    credits_give(world.acme)
    market: Market = markets_make()[0]
    membership = Membership.objects.get(user=world.mia)
    return lambda name: job_make(membership, market, name=name)


def names(page: str) -> list[str]:
    """Return the names of the jobs a page lists."""
    return re.findall(r'class="stretched"[^>]*>([^<]+)<', page)


def test_jobs_are_listed_newest_first(world: World, launch: Callable[[str], Job]) -> None:
    for name in ("First", "Second"):
        launch(name)
    page = world.client(world.victor).get("/o/acme/jobs/").content.decode()
    assert names(page) == ["Second", "First"]


def test_an_empty_list_teaches_what_a_job_is(world: World) -> None:
    assert "No jobs yet" in world.client(world.mia).get("/o/acme/jobs/").content.decode()


def test_jobs_are_narrowed_by_state_name_and_address(world: World, launch: Callable[[str], Job]) -> None:
    waits, sent = launch("Whisper nightly"), launch("Embeddings")
    job_list(sent, sent.created_at)
    sent.attempt.refresh_from_db()
    mia = world.client(world.mia)
    for query in ("state=queued", "q=embed", f"q={sent.attempt.address}"):
        assert names(mia.get(f"/o/acme/jobs/?{query}").content.decode()) == ["Embeddings"]
    assert names(mia.get("/o/acme/jobs/?state=pending").content.decode()) == [waits.name]
    assert "No job fits" in mia.get("/o/acme/jobs/?q=nothing").content.decode()


@pytest.mark.parametrize("query", ["state=nonsense", "before=nonsense", "q=" + "x" * 500])
def test_a_bad_filter_narrows_to_nothing_less_than_all(
    world: World, launch: Callable[[str], Job], query: str
) -> None:
    launch("Only one")
    response = world.client(world.mia).get(f"/o/acme/jobs/?{query}")
    assert response.status_code == 200
    assert names(response.content.decode()) == ["Only one"]


def test_pages_follow_each_other_without_gap_or_repeat(world: World, launch: Callable[[str], Job]) -> None:
    for n in range(27):
        launch(f"Job {n}")
    mia = world.client(world.mia)
    first = mia.get("/o/acme/jobs/").content.decode()
    before = re.search(r"before=([0-9a-f-]{36})", first).group(1)
    older = mia.get(f"/o/acme/jobs/?before={before}", **HTMX).content.decode()
    assert names(first) + names(older) == [f"Job {n}" for n in reversed(range(27))]
    assert "These are all" in older
    assert "<html" not in older


def test_rows_are_sent_again_only_when_they_changed(world: World, launch: Callable[[str], Job]) -> None:
    job = launch("Whisper")
    mia = world.client(world.mia)
    token = re.search(r'data-token="(\w+)"', mia.get("/o/acme/jobs/").content.decode()).group(1)
    assert mia.get(f"/o/acme/jobs/?seen={token}", **HTMX).status_code == 204
    job_list(job, job.created_at)
    fresh = mia.get(f"/o/acme/jobs/?seen={token}", **HTMX)
    assert "Queued" in fresh.content.decode()


def test_outsiders_find_no_list(world: World, client: Client) -> None:
    assert world.client(world.xena).get("/o/acme/jobs/").status_code == 404
    assert client.get("/o/acme/jobs/").status_code == 302


def test_jobs_of_others_never_show(world: World, launch: Callable[[str], Job]) -> None:
    launch("Acme's secret")
    assert names(world.client(world.xena).get("/o/xenon/jobs/").content.decode()) == []


def test_the_list_takes_a_fixed_number_of_queries(
    world: World, launch: Callable[[str], Job], django_assert_num_queries: object
) -> None:
    for n in range(30):
        launch(f"Job {n}")
    mia = world.client(world.mia)
    with django_assert_num_queries(7):
        mia.get("/o/acme/jobs/")


def test_a_job_that_does_not_exist_is_a_404_with_a_sentence(world: World) -> None:
    response = world.client(world.mia).get(f"/o/acme/jobs/{uuid.uuid4()}/")
    assert response.status_code == 404
    assert "There is no such job in Acme" in response.content.decode()
