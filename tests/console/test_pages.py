"""The front page, the home page and the frame."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from apps.console.assets import ICON, AssetMissing, icon_names, sprite
from apps.console.templatetags.console import credits_full, credits_short, tidy
from apps.organisations.models import Membership
from tests.billing.money import rate
from tests.console.scene import credits_give, job_finish, job_list, job_make, job_run, markets_make
from tests.world import World

FRONT_QUERIES = 2  # the rate, the markets
ROOT = Path(__file__).resolve().parents[2]


def test_a_visitor_reads_what_this_is_and_finds_the_way_in(client: Client, db: None) -> None:
    page = client.get("/").content.decode()
    assert "paid by card and by the second" in page
    assert 'href="/accounts/signup/"' in page
    assert 'href="/accounts/login/"' in page
    assert "No market is open just now" in page


def test_a_visitor_reads_what_gpus_cost_in_the_currency_they_choose(
    client: Client, db: None, django_assert_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    now = timezone.now()
    markets_make()
    for currency, price in (("EUR", 400_000), ("USD", 500_000)):
        rate(price, currency=currency, at=now)
    client.get("/")
    with django_assert_num_queries(FRONT_QUERIES):
        page = client.get("/?currency=USD").content.decode()
    assert "NVIDIA RTX 3060" in page
    assert "NVIDIA H100" not in page  # its market is closed
    assert "$0.083" in page  # 43 micro-NOS a second with 5 % of fees, at a rate of 0.5 and the spread
    assert "€0.066" in client.get("/?currency=nonsense").content.decode()
    assert "€0.066" not in page


def test_htmx_carries_no_inline_style_over_which_the_policy_refuses(client: Client, db: None) -> None:
    told = re.search(r"name=\"htmx-config\" content='([^']+)'", client.get("/").content.decode())
    config = json.loads(told.group(1)) if told else {}
    assert config["includeIndicatorStyles"] is False
    assert "style" not in config["attributesToSettle"]


def test_a_person_without_an_organisation_is_asked_to_create_one(world: World) -> None:
    Membership.objects.filter(user=world.victor).delete()
    assert world.client(world.victor).get("/").url == "/organisations/new/"


def test_a_person_comes_back_to_the_organisation_they_were_in(world: World) -> None:
    Membership.objects.create(organisation=world.other, user=world.olga, role="viewer")
    olga = world.client(world.olga)
    assert olga.get("/").url == "/o/acme/"
    olga.get("/o/xenon/")
    assert olga.get("/").url == "/o/xenon/"


def test_home_shows_balance_live_jobs_with_their_cost_and_the_last_jobs(world: World) -> None:
    market, now = markets_make()[0], timezone.now()
    credits_give(world.acme, 12)
    membership = Membership.objects.get(user=world.mia)
    done = job_make(membership, market, name="Done before")
    job_list(done, now)
    job_run(done, now)
    job_finish(done, started=now, ended=now)
    job_run(job_make(membership, market, name="Runs now"), now)
    page = world.client(world.mia).get("/o/acme/").content.decode()
    assert "Done before" in page
    assert re.search(r'Runs now.*data-tick data-price="43"', page, re.S)
    assert "11.97" in page  # 12 less the hold of the job that runs


def test_home_is_a_404_for_outsiders(world: World) -> None:
    response = world.client(world.xena).get("/o/acme/")
    assert response.status_code == 404
    assert "Acme" not in response.content.decode()


def test_home_sends_a_stranger_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/o/acme/").url.startswith("/accounts/login/")


def test_home_says_nothing_when_nothing_changed(world: World) -> None:
    olga = world.client(world.olga)
    token = re.search(r"seen=(\w+)", olga.get("/o/acme/").content.decode()).group(1)
    assert olga.get(f"/o/acme/?seen={token}").status_code == 204
    credits_give(world.acme)
    job_make(Membership.objects.get(user=world.olga), markets_make()[0], name="Newcomer")
    fresh = olga.get(f"/o/acme/?seen={token}")
    assert fresh.status_code == 200
    assert "Newcomer" in fresh.content.decode()


def test_home_takes_a_fixed_number_of_queries(world: World, django_assert_num_queries: object) -> None:
    credits_give(world.acme)
    market = markets_make()[0]
    for n in range(3):
        job_make(Membership.objects.get(user=world.olga), market, name=f"Job {n}")
    olga = world.client(world.olga)
    olga.get("/o/acme/")
    with django_assert_num_queries(17):
        olga.get("/o/acme/")


def test_a_viewer_is_not_offered_what_a_viewer_may_not(world: World) -> None:
    page = world.client(world.victor).get("/o/acme/").content.decode()
    assert "/o/acme/jobs/new/" not in page
    assert "/o/acme/billing/" not in page
    assert "Switch organisation" in page


def test_every_page_is_free_of_inline_code_by_its_policy(world: World) -> None:
    policy = world.client(world.olga).get("/o/acme/").headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy


def test_the_sprite_refuses_an_icon_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(AssetMissing, match="no icon “nonesuch”"):
        sprite(["nonesuch"], tmp_path)


def test_icons_are_found_in_templates(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('{% icon "home" %} {% icon "x" "Close" %} {# icons: sun moon #}')
    assert icon_names(tmp_path) == ["home", "moon", "sun", "x"]
    assert ICON.search('{% icon "home" %}')


def test_amounts_are_shown_short_without_ever_rounding_up() -> None:
    assert credits_short(97_999_999) == "97.99"
    assert credits_short(9_999) == "0.009999"
    assert credits_short(0) == "0.00"
    assert credits_full(41_944) == "0.041944"
    assert credits_full(0) == "0"


def test_long_names_of_the_network_are_shortened_in_sentences() -> None:
    cid = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"
    assert tidy(f"It is {cid}.") == "It is QmT78z…F8ff5o."
    assert tidy("Nothing long here.") == "Nothing long here."
