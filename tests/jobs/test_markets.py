"""Markets: what our jobs say of them, what staff say, and that a hidden one takes nothing new."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.errors import Conflict
from apps.jobs.models import Job, Market
from apps.jobs.services import MarketFacts, market_curate, market_observe, markets_figure
from apps.jobs.services.submission import market_check
from apps.jobs.state import Reason, State
from apps.organisations.models import Membership
from apps.users.models import User
from tests.console.scene import credits_give, job_make, markets_make
from tests.organisations.keys import key_make
from tests.world import World

LAUNCH = "/o/acme/jobs/new/"


@pytest.fixture
def market(world: World) -> Market:
    """The cheapest of three, in a world with credits."""
    credits_give(world.acme)
    return markets_make()[0]


def ended(
    world: World, market: Market, state: State, *, wait: float = 10, reason: str = "", ago: float = 1
) -> None:
    """Leave a job that ended `ago` days ago, after it waited so many seconds."""
    job = job_make(Membership.objects.get(user=world.olga), market)
    now = timezone.now() - timedelta(days=ago)
    Job.objects.filter(pk=job.pk).update(
        state=state, reason=reason, ended_at=now, queued_at=now - timedelta(seconds=60),
        started_at=now - timedelta(seconds=60 - wait),
    )  # fmt: skip


def test_the_figures_are_of_the_last_week_and_of_what_the_nodes_did(world: World, market: Market) -> None:
    for wait in (1, 5, 30, 40):
        ended(world, market, State.COMPLETED, wait=wait)
    ended(world, market, State.FAILED, reason=Reason.NODE_QUIT, wait=20)
    ended(world, market, State.FAILED, reason=Reason.PRICE_ROSE, wait=20)
    ended(world, market, State.STOPPED, reason=Reason.STOP_REQUESTED, wait=20)
    ended(world, market, State.FAILED, reason=Reason.NODE_QUIT, ago=8)
    markets_figure(now=timezone.now())
    market.refresh_from_db()
    assert (market.jobs_counted, market.jobs_finished, market.finished_percent) == (5, 4, 80)
    assert market.wait_median_s == 20
    page = world.client(world.mia).get(LAUNCH).content.decode()
    assert "80 % of 5 jobs finished · usually starts within 20 s" in page
    markets_figure(now=timezone.now() + timedelta(days=30))
    market.refresh_from_db()
    assert (market.jobs_counted, market.wait_median_s, market.finished_percent) == (0, None, None)


def test_no_market_is_blamed_for_what_its_nodes_did_not_do(world: World, market: Market) -> None:
    for _ in range(4):
        ended(world, market, State.COMPLETED, wait=2)
    for reason in (Reason.QUEUED_TOO_LONG, Reason.ACCOUNT_GONE, Reason.STRANDED, Reason.CHAIN_REFUSED):
        ended(world, market, State.FAILED, reason=reason)
    for reason in (Reason.NODE_QUIT, Reason.NODE_SILENT):
        ended(world, market, State.FAILED, reason=reason)
    markets_figure(now=timezone.now())
    market.refresh_from_db()
    assert (market.jobs_counted, market.jobs_finished) == (6, 4)


def test_a_market_where_nothing_starts_looks_slow(world: World, market: Market) -> None:
    for _ in range(3):
        ended(world, market, State.FAILED, reason=Reason.QUEUED_TOO_LONG)
    Job.objects.update(started_at=None)
    ended(world, market, State.STOPPED, reason=Reason.STOP_REQUESTED, wait=20)
    markets_figure(now=timezone.now())
    market.refresh_from_db()
    assert (market.wait_median_s, market.jobs_counted, market.jobs_finished) == (60, 0, 0)


def test_too_few_jobs_say_nothing(world: World, market: Market) -> None:
    ended(world, market, State.COMPLETED)
    markets_figure(now=timezone.now())
    assert "jobs finished" not in world.client(world.mia).get(LAUNCH).content.decode()


def test_a_hidden_market_takes_no_new_jobs_from_anywhere(world: World, market: Market) -> None:
    mia = world.client(world.mia)
    assert f'value="{market.slug}"' in mia.get(LAUNCH).content.decode()
    market_curate(market_id=market.pk, hidden=True, rank=0, note="")
    assert f'value="{market.slug}"' not in mia.get(LAUNCH).content.decode()
    with pytest.raises(Conflict, match="is closed"):
        market_check(Market.objects.get(pk=market.pk))
    before = Job.objects.count()
    with pytest.raises(Conflict):
        job_make(Membership.objects.get(user=world.olga), Market.objects.get(pk=market.pk))
    assert mia.post(LAUNCH, {"market": market.slug}).status_code == 422
    assert Job.objects.count() == before


def test_what_staff_say_outlives_the_next_look_at_the_chain(market: Market) -> None:
    stale = Market.objects.get(pk=market.pk)
    market_curate(market_id=market.pk, hidden=True, rank=3, note=" Ask  us first ")
    facts = MarketFacts(stale.address, 50, 7200, 86_400, 1, 4, 9)
    market_observe(facts=facts, slug=stale.slug, name="New", gpu="", vram_gb=0, now=timezone.now())
    market.refresh_from_db()
    assert (market.hidden, market.rank, market.note) == (True, 3, "Ask us first")
    assert (market.name, market.gpu, market.price_micro, market.nodes_waiting) == ("New", "NVIDIA RTX 3060", 50, 4)


def change(client: Client, market: Market, **said: Any) -> Any:
    return client.post(f"/admin/jobs/market/{market.pk}/change/", {"rank": "0", "note": "", **said})


def test_staff_hide_order_and_annotate_and_write_nothing_else(world: World, market: Market) -> None:
    staff = world.client(User.objects.create_superuser("staff@nosana-web.example"))
    assert staff.get("/admin/jobs/market/").status_code == 200
    dearest = Market.objects.get(slug="nvidia-a100-80gb")
    assert change(staff, dearest, rank="-1", note="New here", price_micro="1").status_code == 302
    assert change(staff, market, hidden="on").status_code == 302
    dearest.refresh_from_db()
    assert (dearest.rank, dearest.note, dearest.price_micro) == (-1, "New here", 390)
    items = Client(headers={"Authorization": f"Bearer {key_make(world.mia).token}"}).get("/api/v1/markets").json()
    assert [item["slug"] for item in items["items"]] == ["nvidia-a100-80gb", "nvidia-4090"]
    assert items["items"][0]["note"] == "New here"
    assert "New here" in world.client(world.mia).get(LAUNCH).content.decode()
    assert change(world.client(world.olga), market, hidden="").status_code == 302  # to the sign-in of staff
    market.refresh_from_db()
    assert market.hidden


def test_programs_read_the_figures_of_open_markets(
    world: World, market: Market, django_assert_num_queries: Any
) -> None:
    mia = world.client(world.mia)
    Market.objects.filter(pk=market.pk).update(usd_micro_hour=350_000)
    with django_assert_num_queries(3):  # session, person, markets
        items = mia.get("/api/v1/markets").json()["items"]
    assert [item["usd_micro_hour"] for item in items] == [350_000, None, None]
    one = mia.get(f"/api/v1/markets/{market.slug}").json()
    assert (one["price_micro"], one["queue_len"], one["finished_percent"]) == (43, 2, None)
    assert mia.get("/api/v1/markets/nvidia-h100").status_code == 404
    assert Client().get("/api/v1/markets").status_code == 401
