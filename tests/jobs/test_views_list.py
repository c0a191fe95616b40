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


def mark(page: str) -> str:
    """Return the mark of the page after this one."""
    return re.search(r"before=([\w-]+)", page).group(1)


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


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "member=nonsense",
        "since=nonsense",
        "until=9999-12-31",
        "sort=nonsense",
        "columns=nonsense",
    ]
    + ["q=" + "x" * 500],
)
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
    older = mia.get(f"/o/acme/jobs/?before={mark(first)}", **HTMX).content.decode()
    assert names(first) + names(older) == [f"Job {n}" for n in reversed(range(27))]
    assert "These are all" in older
    assert "<html" not in older


def test_every_order_pages_without_gap_or_repeat(world: World, launch: Callable[[str], Job]) -> None:
    for n in range(28):
        launch(f"Job {n % 3}")
    mia = world.client(world.mia)
    for sort in ("name", "-name", "launched", "-limit"):
        first = mia.get(f"/o/acme/jobs/?sort={sort}").content.decode()
        rest = mia.get(f"/o/acme/jobs/?sort={sort}&before={mark(first)}", **HTMX).content.decode()
        ids = re.findall(r'id="job-([0-9a-f-]{36})"', first + rest)
        assert len(ids) == len(set(ids)) == 28
    listed = names(mia.get("/o/acme/jobs/?sort=name").content.decode())
    assert listed == sorted(listed)


@pytest.mark.parametrize("mark", ["nonsense", "WzFd", "e30", "WyJhIiwiYiIsImMiXQ"])
def test_a_mark_of_no_page_is_refused_with_a_sentence(world: World, mark: str) -> None:
    response = world.client(world.mia).get(f"/o/acme/jobs/?before={mark}")
    assert response.status_code == 400
    assert "marks no page" in response.content.decode()


def test_columns_are_chosen_in_the_address(world: World, launch: Callable[[str], Job]) -> None:
    launch("Whisper")
    mia = world.client(world.mia)
    page = mia.get("/o/acme/jobs/?columns=limit&columns=project").content.decode()
    heads = re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', page)
    assert heads == ["Job", "Project", "Time limit"]
    assert "10 min 00 s" in page


def test_the_list_downloads_as_csv_with_the_same_filters(world: World, launch: Callable[[str], Job]) -> None:
    launch("=1+1")
    launch("Embeddings")
    mia = world.client(world.mia)
    lines = b"".join(mia.get("/o/acme/jobs.csv?sort=name").streaming_content).decode().splitlines()
    assert lines[0].startswith("id,name,state")
    assert [line.split(",")[1] for line in lines[1:]] == ["'=1+1", "Embeddings"]
    narrowed = b"".join(mia.get("/o/acme/jobs.csv?q=embed").streaming_content).decode().splitlines()
    assert len(narrowed) == 2
    assert world.client(world.xena).get("/o/acme/jobs.csv").status_code == 404


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
    with django_assert_num_queries(10):
        mia.get("/o/acme/jobs/")


def test_a_job_that_does_not_exist_is_a_404_with_a_sentence(world: World) -> None:
    response = world.client(world.mia).get(f"/o/acme/jobs/{uuid.uuid4()}/")
    assert response.status_code == 404
    assert "There is no such job in Acme" in response.content.decode()
