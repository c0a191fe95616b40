"""Feedback reaches staff with who says it, the page and the job; once, and not too often."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from apps.core.models import Mail
from tests.console.scene import credits_give, job_make, markets_make
from tests.organisations.keys import member
from tests.world import World

FEEDBACK = "/o/acme/feedback/"


def told(world: World, **more: Any) -> dict[str, Any]:
    return {"text": "The log stops at line 7.", "page": "", "key": uuid.uuid4()} | more


def test_staff_get_one_mail_with_person_page_and_job(world: World, settings: Any) -> None:
    settings.STAFF_EMAIL = "staff@nosana-web.example"
    credits_give(world.acme)
    job = job_make(member(world.mia), markets_make()[0], name="Prime numbers")
    page = f"/o/acme/jobs/{job.pk}/"
    mia, given = world.client(world.mia), told(world, page=page)
    assert page in mia.get(f"{FEEDBACK}?page={page}").content.decode()
    for _ in range(2):
        assert mia.post(FEEDBACK, given).url == page
    mail = Mail.objects.get(to="staff@nosana-web.example")
    for word in ("The log stops at line 7.", "mia@acme.example", "Acme", page, "Prime numbers"):
        assert word in mail.text
    assert mail.subject == "Feedback from Mia of Acme"


def test_a_page_that_is_not_ours_and_a_job_of_others_stay_out(world: World) -> None:
    credits_give(world.other)
    theirs = job_make(member(world.xena), markets_make()[0], name="Secret work")
    victor = world.client(world.victor)
    assert victor.post(FEEDBACK, told(world, page="//evil.example/")).url == "/o/acme/"
    victor.post(FEEDBACK, told(world, page=f"/o/acme/jobs/{theirs.pk}/"))
    assert not Mail.objects.filter(text__contains="evil").exists()
    assert not Mail.objects.filter(text__contains="Secret work").exists()


@pytest.mark.parametrize("change", [{"text": " "}, {"text": "x" * 4001}, {"key": "no"}])
def test_what_says_nothing_is_refused(world: World, change: dict[str, str]) -> None:
    assert world.client(world.mia).post(FEEDBACK, told(world, **change)).status_code == 422
    assert not Mail.objects.filter(key__startswith="feedback:").exists()


def test_ten_an_hour_are_enough(world: World) -> None:
    mia = world.client(world.mia)
    codes = [mia.post(FEEDBACK, told(world)).status_code for _ in range(11)]
    assert codes == [302] * 10 + [429]


def test_outsiders_find_no_form(world: World) -> None:
    assert world.client(world.xena).post(FEEDBACK, told(world)).status_code == 404


def test_the_form_takes_a_fixed_number_of_queries(
    world: World, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    mia = world.client(world.mia)
    with django_assert_num_queries(5):
        mia.get(FEEDBACK)
