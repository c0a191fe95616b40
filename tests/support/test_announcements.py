"""What we tell everybody: on each page, in their language, for its time, until they put it away."""

from datetime import timedelta
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.support.announcements import services
from apps.support.models import Announcement
from apps.support.tasks import announcements_publish
from apps.users.models import User
from tests.support.scene import announcement_make
from tests.world import World

ENGLISH, GERMAN = "We move house tonight.", "Wir ziehen heute Nacht um."
ADD = "/admin/support/announcement/add/"


@pytest.fixture(autouse=True)
def _at_once(django_capture_on_commit_callbacks: Any, world: World) -> Any:
    with django_capture_on_commit_callbacks(execute=True):
        announcement_make()


def page(browser: Client, **headers: str) -> str:
    return browser.get("/o/acme/", headers=headers).content.decode()


def test_everybody_reads_it_in_their_language_without_a_question_to_the_database(
    world: World, django_assert_num_queries: Any
) -> None:
    browser = world.client(world.victor)
    assert ENGLISH in page(browser)
    assert GERMAN in page(browser, **{"Accept-Language": "de"})
    with django_assert_num_queries(0):
        assert services.announcements_shown(user=world.victor, now=timezone.now())
    assert ENGLISH not in Client().get("/", headers={"Accept-Language": "en"}).content.decode()


def test_it_is_shown_for_its_time_alone(world: World) -> None:
    for moment, count in ((-2, 0), (0, 1), (61, 0)):
        at = timezone.now() + timedelta(minutes=moment)
        assert len(services.announcements_shown(user=world.mia, now=at)) == count


def test_who_puts_it_away_sees_it_no_more_and_everybody_else_does(world: World) -> None:
    browser = world.client(world.mia)
    address = f"/announcements/{Announcement.objects.get().pk}/put-away/"
    for _ in range(2):
        answer = browser.post(address, headers={"Referer": "http://testserver/o/acme/jobs/"})
        assert answer.headers["Location"] == "http://testserver/o/acme/jobs/"
    assert ENGLISH not in page(browser)
    assert ENGLISH in page(world.client(world.olga))
    assert User.objects.get(pk=world.mia.pk).banners_away == [Announcement.objects.get().name]
    assert browser.post(address, headers={"Referer": "https://elsewhere.example/"}).headers["Location"] == "/"
    assert browser.post("/announcements/999/put-away/").status_code == 404
    assert Client().post(address).headers["Location"].startswith("/accounts/login/")


def test_pages_do_without_when_the_cache_is_away_and_get_it_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    browser = world.client(world.mia)
    assert ENGLISH not in page(browser)
    announcements_publish()
    assert ENGLISH in page(browser)

    def away(key: str) -> None:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(services.cache, "get", away)
    assert services.announcements_shown(user=world.mia, now=timezone.now()) == []


def test_staff_writes_one_and_bad_input_is_told_at_its_field(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    staff = world.client(User.objects.create_superuser("stefan@nosana-web.example", "a long word"))
    form = {
        "level": "bad",
        "text_en": "Payments wait.",
        "text_de": "Zahlungen warten.",
        "starts_at_0": "2026-11-01",
        "starts_at_1": "10:00",
        "ends_at_0": "2026-10-01",
        "ends_at_1": "10:00",
    }
    assert "choose a later end" in staff.post(ADD, form).content.decode()
    assert staff.post(ADD, form | {"text_de": ""}).status_code == 200
    assert Announcement.objects.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert staff.post(ADD, form | {"ends_at_0": "2099-01-01"}).status_code == 302
    assert "Payments wait." in page(world.client(world.bea))
    assert world.client(world.olga).get(ADD).status_code in (302, 403, 404)
