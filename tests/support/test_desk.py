"""The desk: what needs a person now, one box that finds anything, and pages that explain every figure."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.core.models import Mail, Message
from apps.core.queue import message_retry
from apps.jobs.models import Job
from apps.payments.models import StripeEvent
from apps.support.desk.needs import HEAPS, needs_now
from apps.support.desk.search import desk_search
from apps.users.models import User
from tests.console.scene import credits_give, job_finish, job_list, job_make, job_run, markets_make
from tests.world import World

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def sam(world: World) -> User:
    return User.objects.create_superuser("sam@nosana-web.example", "x", name="Sam")


@pytest.fixture
def desk(sam: User) -> Client:
    client = Client()
    client.force_login(sam)
    return client


@pytest.fixture
def job(world: World) -> Job:
    """A job of Mia's that ran for 100 seconds and is settled."""
    market = markets_make()[0]
    credits_give(world.acme, 100)
    job, started = job_make(world.acme.memberships.get(user=world.mia), market), NOW
    job_list(job, started)
    job_run(job, started)
    job_finish(job, started=started, ended=started + timedelta(seconds=100))
    job.refresh_from_db()
    return job


def titles() -> list[str]:
    return [need.title for need in needs_now(now=NOW)]


def test_a_calm_day_says_so(desk: Client, world: World) -> None:
    answer = desk.get("/admin/")
    assert answer.status_code == 200
    assert "What needs a person now" in answer.content.decode()


def test_what_was_set_aside_is_told_with_its_age_and_its_place(desk: Client, world: World) -> None:
    StripeEvent.objects.create(
        event_id="evt_1", type="charge.odd", payload={}, received_at=NOW - timedelta(days=2), parked_reason="odd"
    )
    Message.objects.create(name="x.y", parked_at=NOW, error="ValueError: no")
    Mail.objects.create(key="k", to="a@b.example", subject="S", text="T")
    Mail.objects.filter(key="k").update(created_at=NOW - timedelta(hours=1))
    assert {"Stripe events that were set aside", "Tasks that were given up", "Mails that did not go out"} <= set(
        titles()
    )
    (need,) = [one for one in needs_now(now=NOW) if one.title.startswith("Stripe")]
    assert (need.count, need.since, need.urgent) == (1, NOW - timedelta(days=2), True)
    assert desk.get(need.url).status_code == 200


def test_every_heap_has_a_place_that_opens(desk: Client, world: World) -> None:
    for heap in HEAPS:
        assert desk.get(heap.url).status_code == 200, heap.title


def test_needs_are_a_fixed_number_of_questions(world: World, django_assert_num_queries: object) -> None:
    # nothing was read yet, so it is asked when the platform was set up
    with django_assert_num_queries(len(HEAPS) + 6):  # type: ignore[operator]
        needs_now(now=NOW)


def test_staff_see_only_what_they_may(world: World) -> None:
    StripeEvent.objects.create(event_id="evt_1", type="t", payload={}, received_at=NOW, parked_reason="odd")
    ops = User.objects.create_user("ops@nosana-web.example", name="Ops", is_staff=True)
    ops.user_permissions.add(Permission.objects.get(codename="view_order"))
    client = Client()
    client.force_login(ops)
    assert "set aside" not in client.get("/admin/").content.decode()
    assert client.get(f"/admin/organisation/{world.acme.id}/").status_code == 403
    assert desk_search("Acme", may=ops.has_perm) == []


@pytest.mark.parametrize("path", ["/admin/search/?q=Acme", "/admin/organisation/{}/", "/admin/job/{}/"])
def test_customers_do_not_get_in(world: World, path: str) -> None:
    client = Client()
    client.force_login(world.olga)
    answer = client.get(path.format(world.acme.id))
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")


def test_the_box_finds_a_job_by_all_its_names(sam: User, job: Job) -> None:
    attempt, place = job.attempt, f"/admin/job/{job.id}/"
    assert attempt is not None
    for words in (job.name, job.id, attempt.id, attempt.address, attempt.run_address, attempt.settle_signature):
        assert place in [hit.url for hit in desk_search(f"  {words} ", may=sam.has_perm)], words


def test_the_box_finds_organisations_people_and_keys(sam: User, world: World) -> None:
    place = f"/admin/organisation/{world.acme.id}/"
    for words in ("acm", "ACME", str(world.acme.id), world.olga.email, world.olga.email[:4]):
        assert place in [hit.url for hit in desk_search(words, may=sam.has_perm)], words


@pytest.mark.parametrize("words", ["", "  ", "%", "' OR 1=1 --", "x" * 5_000, "nobody@nowhere.example", "😀😀"])
def test_odd_words_find_nothing_and_break_nothing(desk: Client, world: World, words: str) -> None:
    answer = desk.get("/admin/search/", {"q": words})
    assert answer.status_code == 200
    assert "hits for" not in answer.content.decode()


def test_one_hit_is_opened_at_once(desk: Client, job: Job) -> None:
    assert desk.get("/admin/search/", {"q": str(job.id)})["Location"] == f"/admin/job/{job.id}/"


def test_an_organisation_explains_its_balance(desk: Client, job: Job, world: World) -> None:
    page = desk.get(f"/admin/organisation/{world.acme.id}/").content.decode()
    assert "Why did the balance move?" in page
    assert f"/admin/job/{job.id}/" in page
    assert world.olga.email in page


def test_what_is_not_there_is_said(desk: Client, world: World) -> None:
    for kind in ("organisation", "job"):
        answer = desk.get(f"/admin/{kind}/{uuid.uuid4()}/")
        assert answer.status_code == 404
        assert f"There is no {kind} with this id." in answer.content.decode()


def test_a_task_that_was_given_up_runs_again_once(world: World) -> None:
    message = Message.objects.create(name="x.y", parked_at=NOW, attempts=12)
    assert [message_retry(message_id=message.id, now=NOW) for _ in range(2)] == [True, False]
    message.refresh_from_db()
    assert (message.parked_at, message.attempts, message.next_at) == (None, 0, NOW)


def test_the_page_of_a_job_says_why_it_cost_what_it_cost(desk: Client, job: Job) -> None:
    page, attempt = desk.get(f"/admin/job/{job.id}/").content.decode(), job.attempt
    assert attempt is not None
    assert "100 s at 0.000043 credits a second make 0.0043; our fee 0.000215: 0.004515 credits in all." in page
    assert all(name in page for name in (str(attempt.address), attempt.settle_signature, world_code(job)))


def world_code(job: Job) -> str:
    """Return the account that the job's credits were held in."""
    return f"org:{job.organisation_id}:held"


def test_a_job_that_waits_has_cost_nothing_yet(desk: Client, world: World) -> None:
    market = markets_make()[0]
    credits_give(world.acme, 100)
    job = job_make(world.acme.memberships.get(user=world.mia), market)
    assert "Nothing is charged yet." in desk.get(f"/admin/job/{job.id}/").content.decode()
