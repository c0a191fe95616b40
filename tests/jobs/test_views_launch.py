"""Launching: the form, its estimate, its refusals, and two presses."""

import html
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.billing.selectors import wallet
from apps.jobs.gallery import starters
from apps.jobs.models import Job, Want
from tests.console.scene import credits_give, markets_make
from tests.jobs.test_spending import cap_of
from tests.world import World

URL = "/o/acme/jobs/new/"


@pytest.fixture
def shop(world: World) -> World:
    """Acme with 100 credits and three open markets."""
    markets_make()
    credits_give(world.acme)
    return world


def filled(**changes: Any) -> dict[str, Any]:
    """Return the launch form as a person fills it in."""
    form = {
        "name": "Prime numbers",
        "definition": starters()[0].text,
        "market": "nvidia-3060",
        "timeout_minutes": "10",
        "submission_key": str(uuid.uuid4()),
    }
    return {**form, **changes}


def test_a_developer_launches_a_job_and_lands_on_its_page(shop: World) -> None:
    response = shop.client(shop.mia).post(URL, filled())
    job = Job.objects.get()
    assert response.url == f"/o/acme/jobs/{job.pk}/"
    assert (job.timeout_s, job.market.slug, job.definition) == (600, "nvidia-3060", starters()[0].definition)
    assert wallet(shop.acme.pk).held_micro == 27_090
    assert Want.objects.get().kind == "list"


def test_a_definition_may_be_written_in_yaml(shop: World) -> None:
    op = "{type: container/run, id: hi, args: {image: alpine, cmd: echo hi}}"
    text = f"version: '0.1'\ntype: container\nops:\n  - {op}\n"
    assert shop.client(shop.mia).post(URL, filled(definition=text)).status_code == 302
    assert Job.objects.get().definition["ops"][0]["args"]["cmd"] == "echo hi"


def test_two_presses_launch_once(shop: World) -> None:
    mia, form = shop.client(shop.mia), filled()
    assert mia.post(URL, form).url == mia.post(URL, form).url
    assert Job.objects.count() == 1
    assert wallet(shop.acme.pk).held_micro == 27_090


def test_a_used_form_that_changed_launches_nothing_until_pressed_again(shop: World) -> None:
    mia, form = shop.client(shop.mia), filled()
    mia.post(URL, form)
    response = mia.post(URL, {**form, "name": "Another"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "has launched a job already" in page
    assert 'value="Another"' in page
    key = re.search(r'name="submission_key" value="([^"]+)"', page).group(1)
    assert mia.post(URL, {**form, "name": "Another", "submission_key": key}).status_code == 302
    assert sorted(Job.objects.values_list("name", flat=True)) == ["Another", "Prime numbers"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"definition": "{"}, "line 1"),
        ({"definition": ""}, "The definition is empty"),
        ({"definition": "[]"}, "definition"),
        ({"definition": '{"version":"0.1","type":"container","ops":[],"colour":1}'}, "colour"),
        ({"market": "nvidia-h100"}, "This market is closed or unknown"),
        ({"market": ""}, "Choose a market"),
        ({"timeout_minutes": "0"}, "at least 1 minute"),
        ({"timeout_minutes": "99999"}, "at most 7 days"),
        ({"timeout_minutes": "ten"}, "a whole number of minutes"),
        ({"name": ""}, "Give the job a name"),
        ({"submission_key": "x"}, "load the page again"),
    ],
)
def test_bad_input_is_told_and_nothing_typed_is_lost(shop: World, change: dict[str, str], sentence: str) -> None:
    form = filled(name="My job") | change
    response = shop.client(shop.mia).post(URL, form)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert 'value="My job"' in page or "name" in change
    assert "counting the primes below" in page or "definition" in change
    assert not Job.objects.exists()
    assert wallet(shop.acme.pk).held_micro == 0


def test_too_few_credits_are_told_with_the_next_step(shop: World) -> None:
    response = shop.client(shop.olga).post(URL, filled(market="nvidia-a100-80gb", timeout_minutes="10080"))
    page = response.content.decode()
    assert response.status_code == 402
    assert "/o/acme/billing/top-up/" in page
    assert "counting the primes below" in page
    assert not Job.objects.exists()


def test_a_cap_that_is_reached_is_told_with_a_way_to_see_it(shop: World) -> None:
    cap_of(shop, micro=10, now=timezone.now())
    response = shop.client(shop.mia).post("/o/acme/jobs/new/", filled())
    page = response.content.decode()
    assert response.status_code == 402
    assert "Acme’s cap is 0.00001 credits each month" in page
    assert 'href="/o/acme/billing/caps/"' in page
    assert not Job.objects.exists()


def test_a_viewer_may_not_launch(shop: World) -> None:
    response = shop.client(shop.victor).post(URL, filled())
    assert response.status_code == 403
    assert "to launch jobs it takes the role" in response.content.decode()
    assert not Job.objects.exists()


def test_outsiders_find_no_launch_page(shop: World, client: Client) -> None:
    assert shop.client(shop.xena).post(URL, filled()).status_code == 404
    assert client.get(URL).url.startswith("/accounts/login/")
    assert not Job.objects.exists()


def test_the_form_starts_from_a_template_and_the_cheapest_market_that_fits(shop: World) -> None:
    page = shop.client(shop.mia).get(f"{URL}?template=vllm").content.decode()
    assert 'value="vLLM server"' in page
    assert re.search(r'value="nvidia-4090" checked', page)  # 24 GB: the 3060 has too little for 16
    assert 'value="nvidia-h100"' not in page


def test_a_job_is_launched_again_from_its_page_as_it_was(shop: World) -> None:
    mia = shop.client(shop.mia)
    job_url = mia.post(URL, filled(name="Weekly run", timeout_minutes="25", market="nvidia-4090")).url
    page = mia.get(f"{URL}?again={job_url.split('/')[-2]}").content.decode()
    assert 'value="Weekly run"' in page
    assert 'value="25"' in page
    assert re.search(r'value="nvidia-4090" checked', page)
    assert html.unescape(page).index('"version"') < html.unescape(page).index('"ops"')


@pytest.mark.parametrize("again", ["nonsense", "01890000-0000-7000-8000-000000000000"])
def test_a_job_that_is_not_there_is_not_launched_again(shop: World, again: str) -> None:
    assert shop.client(shop.mia).get(f"{URL}?again={again}").status_code == 404


def test_without_markets_the_page_says_so_and_offers_no_launch(world: World) -> None:
    page = world.client(world.mia).get(URL).content.decode()
    assert "No market is open just now" in page
    assert re.search(r"<button[^>]*disabled[^>]*>.*Launch", page)


def test_the_estimate_follows_market_and_time(shop: World) -> None:
    page = (
        shop.client(shop.mia)
        .post(f"{URL}estimate/", filled(market="nvidia-4090", timeout_minutes="60"))
        .content.decode()
    )
    assert "0.434700" in page  # 115 × 3600 and 5 %
    assert "The definition is valid" in page
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"timeout_minutes": "-3"}, "at least 1 minute"),
        ({"market": "gone"}, "Choose a market"),
        ({"definition": '{"version":"0.1"}'}, "to mend"),
        ({"market": "nvidia-a100-80gb", "timeout_minutes": "10080"}, "less than the hold"),
    ],
)
def test_the_estimate_says_what_is_missing(shop: World, change: dict[str, str], sentence: str) -> None:
    response = shop.client(shop.mia).post(f"{URL}estimate/", filled(**change))
    assert response.status_code == 200
    assert sentence in response.content.decode()


def test_the_estimate_is_for_those_who_may_launch(shop: World) -> None:
    assert shop.client(shop.victor).post(f"{URL}estimate/", filled()).status_code == 403
    assert shop.client(shop.xena).post(f"{URL}estimate/", filled()).status_code == 404


def test_the_estimate_says_what_the_tightest_cap_leaves(shop: World) -> None:
    mia = shop.client(shop.mia)
    cap_of(shop, micro=10**9, now=timezone.now())
    fits = mia.post(f"{URL}estimate/", filled()).content.decode()
    assert "Left under the cap of Acme" in fits
    assert "less than the hold" not in fits
    cap_of(shop, micro=10, now=timezone.now())
    assert "leaves 0.00001 credits, less than the hold" in mia.post(f"{URL}estimate/", filled()).content.decode()


def test_the_launch_page_takes_a_fixed_number_of_queries(shop: World, django_assert_num_queries: object) -> None:
    mia = shop.client(shop.mia)
    with django_assert_num_queries(12):
        mia.get(URL)
    with django_assert_num_queries(10):
        mia.post(f"{URL}estimate/", filled())
