"""Read-only for a while: everything can be seen, nothing can be written, what runs goes on, nothing new begins."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from apps.core.models import StaffAct
from apps.organisations.models import Project
from apps.payments.models import StripeEvent
from apps.support.announcements import services
from apps.support.models import Announcement
from apps.users.models import User
from tests.checkout import SECRET, signed
from tests.organisations.keys import key_make
from tests.payments.test_inbox import EVENT, post
from tests.support.scene import announcement_make
from tests.support.test_roles import colleague
from tests.world import World

SENTENCE = "nothing can be changed or started just now"
PROJECTS = "/o/acme/projects/new/"


def command(*words: str) -> str:
    out = StringIO()
    call_command("read_only", *words, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def still(world: World, django_capture_on_commit_callbacks: Any) -> User:
    """The platform is read-only; return the operator who made it so."""
    operator = colleague("operator")
    with django_capture_on_commit_callbacks(execute=True):
        command("on", "--by", operator.email)
    return operator


def test_every_page_is_read_with_a_banner_that_stays_and_every_write_is_refused_with_when_to_come_again(
    world: World, still: User
) -> None:
    browser = world.client(world.adam)
    page = browser.get(PROJECTS).content.decode()
    assert SENTENCE in page
    assert "put-away" not in page
    answer = browser.post(PROJECTS, {"name": "New"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3600")
    assert answer.content.decode().count(SENTENCE) == 2  # the banner, and the page itself
    piece = browser.post(PROJECTS, {"name": "New"}, headers={"HX-Request": "true"})
    assert (piece.status_code, piece.headers["HX-Retarget"]) == (503, "#alerts")
    assert Project.objects.filter(organisation=world.acme).count() == 1


def test_programs_read_and_are_refused_by_a_problem(world: World, still: User) -> None:
    program = {"Authorization": f"Bearer {key_make(world.adam, 'organisation.view', 'projects.manage').token}"}
    path = "/api/v1/organisations/acme/projects"
    assert Client().get(path, headers=program).status_code == 200
    answer = Client().post(path, {"name": "New"}, content_type="application/json", headers=program)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "read_only", "3600")
    assert SENTENCE in answer.json()["detail"]


def test_people_sign_in_and_out_and_choose_their_language_and_stripe_is_heard(
    world: World, still: User, settings: Any
) -> None:
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    assert SENTENCE in Client().get("/accounts/login/").content.decode()
    assert Client().post("/accounts/login/", {"login": "x", "password": "y"}).status_code == 200
    assert Client().post("/language/", {"language": "de"}).status_code == 302
    assert world.client(world.mia).post("/accounts/logout/").status_code == 302
    assert Client().post("/accounts/signup/", {"email": "new@example.org"}).status_code == 503
    assert post(*signed(EVENT, at=timezone.now())).status_code == 200
    assert StripeEvent.objects.get().event_id == "evt_1"


def test_the_staff_s_own_pages_write_on(world: World, still: User) -> None:
    words = {"level": "info", "text_en": "Back soon.", "text_de": "Gleich zurück."}
    moments = {
        "starts_at_0": "2026-11-26",
        "starts_at_1": "10:00",
        "ends_at_0": "2036-11-26",
        "ends_at_1": "10:00",
    }
    answer = world.client(still).post("/admin/support/announcement/add/", words | moments)
    assert (answer.status_code, Announcement.objects.count()) == (302, 2)


def test_it_begins_once_ends_by_itself_or_by_hand_and_the_trail_says_by_whom(
    world: World, still: User, django_capture_on_commit_callbacks: Any
) -> None:
    with pytest.raises(CommandError, match="read-only already"):
        command("on", "--by", still.email)
    assert services.read_only(now=timezone.now() + timedelta(hours=3))
    assert not services.read_only(now=timezone.now() + timedelta(hours=5))
    with django_capture_on_commit_callbacks(execute=True):
        assert command("off", "--by", still.email) == "Everybody can write again."
    assert command("off", "--by", still.email) == command() == "The platform is not read-only."
    assert world.client(world.adam).post(PROJECTS, {"name": "New"}).status_code == 302
    trail = StaffAct.objects.filter(act="announcement.read_only", staff=still).order_by("id")
    assert [line.facts["until"] for line in trail][1] < [line.facts["until"] for line in trail][0]
    with pytest.raises(CommandError, match="within a week"):
        command("on", "--by", still.email, "--until", "2020-01-01")
    with pytest.raises(CommandError, match="is no moment"):
        command("on", "--by", still.email, "--until", "soon")
    with pytest.raises(CommandError, match="in English and in German"):
        command("on", "--by", still.email, "--text", "Back soon.")


def test_only_operators_stop_the_writing(world: World) -> None:
    for email, why in (("nobody@example.org", "Say who you are"), (colleague("support").email, "Only operators")):
        with pytest.raises(CommandError, match=why):
            command("on", "--by", email)
    form = {"level": "info", "text_en": "Back soon.", "text_de": "Gleich zurück.", "read_only": "on"}
    form |= {"starts_at_0": "2026-01-26", "starts_at_1": "10:00", "ends_at_0": "2036-11-26", "ends_at_1": "10:00"}
    support, operator = User.objects.get(email__startswith="support"), colleague("operator")
    for user, stops in ((support, False), (operator, True)):
        world.client(user).post("/admin/support/announcement/add/", form)
        assert Announcement.objects.latest("pk").read_only is stops
    stop = Announcement.objects.latest("pk")
    world.client(support).post(
        f"/admin/support/announcement/{stop.pk}/change/", form | {"ends_at_0": "2026-02-01"}
    )
    stop.refresh_from_db()
    assert stop.ends_at.year == 2036


def test_it_holds_also_where_the_cache_knows_nothing_or_is_away(world: World, monkeypatch: Any) -> None:
    announcement_make(read_only=True)
    cache.clear()
    assert services.read_only(now=timezone.now())
    assert cache.get(services.KEY)

    def away(*_: object, **__: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(services.cache, "get", away)
    assert services.read_only(now=timezone.now())
    assert world.client(world.adam).post(PROJECTS, {"name": "New"}).status_code == 503


def test_a_setting_does_the_same_for_a_process(world: World, settings: Any) -> None:
    settings.READ_ONLY = "We move the database."
    answer = world.client(world.adam).post(PROJECTS, {"name": "New"})
    assert answer.status_code == 503
    assert "We move the database." in answer.content.decode()
