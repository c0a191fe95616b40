"""Notices by e-mail: each to each reader once, at once or once a day, after their quiet hours."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import AppError, NotFound
from apps.core.mail import mail_deliver
from apps.core.models import Mail
from apps.notifications.hours import hour_next, quiet_end
from apps.notifications.models import Event, NoticeMail, Reader
from apps.notifications.services import choices_set, mails_end, notices_send
from apps.notifications.services.mails import notices_pass_on
from apps.notifications.words import notice_words
from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.users.models import User
from tests.billing.dying import killed_at
from tests.notifications.notices import SETTLED, notice_make, send, unsubscribe_token
from tests.organisations.keys import grant, key_make, limit, member
from tests.world import World

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAGE = "/o/acme/notices/choices/"
BERLIN = ZoneInfo("Europe/Berlin")


def choose(user: User, way: str = "now", kind: str = "balance.low", **when: Any) -> Reader:
    return choices_set(grant=grant(user), kinds={kind: {"mail": way}}, **when, now=NOW)


def mails() -> list[tuple[str, str]]:
    return sorted(Mail.objects.values_list("to", "subject"))


def failed(world: World, at: datetime = NOW, **data: Any) -> Event:
    facts = {**SETTLED, "sentence": "The node gave it up.", **data}
    return notice_make(
        world.acme, "job.failed", data=facts, at=at, person_id=world.mia.pk, project_id=world.project.pk
    )


def test_who_launched_a_job_gets_a_mail_when_it_fails_once(world: World) -> None:
    failed(world)
    for _ in range(3):
        notices_send(now=NOW)
    assert mails() == [("mia@acme.example", "“Nightly” failed (Acme)")]
    text = Mail.objects.get().text
    assert "The node gave it up." in text
    assert f"/o/acme/notices/{Event.objects.get().pk}/" in text


def test_a_choice_adds_and_mutes_for_one_person_only(world: World) -> None:
    choose(world.olga)
    choose(world.mia, "none", "job.failed")
    notice_make(world.acme, at=NOW)
    failed(world)
    notices_send(now=NOW)
    assert mails() == [("olga@acme.example", "Credits run low: 4.75 are left (Acme)")]


def test_a_notice_that_no_mail_can_tell_keeps_nobody_elses_from_going(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(world.olga)
    broken = notice_make(world.acme, at=NOW)
    failed(world)

    def words(event: Event) -> tuple[str, str]:
        if event.pk == broken.pk:
            raise KeyError("a fact that older events lack")
        return notice_words(event)

    monkeypatch.setattr("apps.notifications.services.mails.notice_words", words)
    assert notices_send(now=NOW) == 1
    assert [to for to, _ in mails()] == ["mia@acme.example"]


def test_whom_a_mail_of_its_own_reached_gets_no_second(world: World) -> None:
    choose(world.olga)
    choose(world.bea)
    notice_make(world.acme, at=NOW, mailed=["Olga@Acme.example"])
    notices_send(now=NOW)
    assert [to for to, _ in mails()] == ["bea@acme.example"]


def test_nobody_is_mailed_what_they_may_not_read(world: World) -> None:
    choose(world.victor)
    choose(world.bea)
    notice_make(world.acme, at=NOW)
    failed(world)
    limit(world.mia)
    Membership.objects.filter(user=world.bea).update(role="viewer")
    assert notices_send(now=NOW) == 0


def test_a_freeze_keeps_nobody_from_hearing_what_their_role_tells_them(world: World) -> None:
    token = key_make(world.olga, "organisation.view", "webhooks.manage").token
    world.acme.frozen_at, world.acme.frozen_why = NOW, "A card was reported stolen."
    world.acme.save()
    notice_make(world.acme, "domain.lost", data={"name": "acme.example", "record": "_x"}, at=NOW)
    notice_make(world.acme, "webhook.turned_off", data={"url": "https://acme.example/", "reason": "410"}, at=NOW)
    assert notices_send(now=NOW) > 0
    told = {to for to, _ in mails()}
    assert "olga@acme.example" in told
    assert not told & {"bea@acme.example", "mia@acme.example", "victor@acme.example"}
    listed = world.client(world.olga).get("/o/acme/notices/").content.decode()
    assert "acme.example is no longer proven" in listed
    program = Client(headers={"Authorization": f"Bearer {token}"})
    heard = program.get("/api/v1/organisations/acme/notices")
    assert [one["kind"] for one in heard.json()["items"]] == ["webhook.turned_off"]
    assert not grant(world.olga).may(Permission.WEBHOOKS_MANAGE)


def test_who_loses_the_right_before_a_mail_goes_gets_none(world: World) -> None:
    choose(world.bea, "daily")
    notice_make(world.acme, at=NOW)
    notices_send(now=NOW)
    Membership.objects.filter(user=world.bea).update(role="viewer")
    assert notices_send(now=NOW + timedelta(days=1)) == 0
    assert not NoticeMail.objects.exists()


def test_several_due_at_once_are_one_mail(world: World) -> None:
    for name in ("One", "<b>Two</b>", "Three"):
        failed(world, name=name)
    assert notices_send(now=NOW) == 1
    written = Mail.objects.get()
    assert written.subject == "3 notices of Acme"
    assert "“<b>Two</b>” failed" in written.text
    assert "&lt;b&gt;Two" in written.html


def test_the_daily_mail_goes_once_a_day_with_what_happened(world: World) -> None:
    choose(world.olga, "daily", daily_hour=9, time_zone="Europe/Berlin")
    for hours in (0, 5):
        notice_make(world.acme, at=NOW + timedelta(hours=hours))
        notices_send(now=NOW + timedelta(hours=hours))
    assert mails() == []
    nine = datetime(2026, 11, 26, 9, tzinfo=BERLIN)
    assert notices_send(now=nine - timedelta(minutes=1)) == 0
    assert [notices_send(now=nine) for _ in range(2)] == [1, 0]
    assert mails() == [("olga@acme.example", "Acme on 26 November 2026")]
    assert Mail.objects.get().text.count("Credits run low") == 2
    choose(world.olga, "daily", daily_hour=15)
    notice_make(world.acme, at=nine)
    assert [notices_send(now=nine + timedelta(hours=hours)) for hours in (0, 6, 30)] == [0, 0, 1]


def test_quiet_hours_hold_mails_back_but_alarms(world: World) -> None:
    for user in (world.mia, world.olga):
        choose(user, quiet=(22, 7), time_zone="Europe/Berlin")
    night = datetime(2026, 11, 25, 23, 30, tzinfo=BERLIN)
    failed(world, at=night)
    notice_make(world.acme, at=night)
    assert notices_send(now=night) == 1
    assert mails()[0][0] == "olga@acme.example"
    morning = datetime(2026, 11, 26, 7, tzinfo=BERLIN)
    assert [notices_send(now=morning - timedelta(seconds=1)), notices_send(now=morning)] == [0, 1]


@pytest.mark.parametrize(
    ("now", "quiet", "end"),
    [
        ((2026, 11, 25, 12), (22, 7), (2026, 11, 25, 12)),
        ((2026, 11, 25, 22), (22, 7), (2026, 11, 26, 7)),
        ((2026, 11, 26, 6, 59), (22, 7), (2026, 11, 26, 7)),
        ((2026, 11, 25, 13), (12, 14), (2026, 11, 25, 14)),
        ((2026, 3, 29, 1, 59), (0, 2), (2026, 3, 29, 3)),  # the clock leaves 2 out
        ((2026, 10, 25, 2, 30), (2, 3), (2026, 10, 25, 3)),  # 2 comes twice
    ],
)
def test_quiet_hours_end_by_the_clock_of_the_place(now: Any, quiet: Any, end: Any) -> None:
    moment = datetime(*now, tzinfo=BERLIN).astimezone(UTC)
    found = quiet_end(moment, quiet_from=quiet[0], quiet_until=quiet[1], zone=BERLIN)
    assert found == datetime(*end, tzinfo=BERLIN).astimezone(UTC)
    assert hour_next(moment, hour=0, zone=BERLIN) > moment


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_send_each_notice_once(world: World) -> None:
    for user in (world.olga, world.bea):
        choose(user)
    for _ in range(12):
        notice_make(world.acme, at=NOW)

    def work() -> None:
        try:
            for _ in range(3):
                notices_send(now=NOW)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    notices_send(now=NOW)
    told = Counter(
        to for to, text in Mail.objects.values_list("to", "text") for _ in range(text.count("* Credits"))
    )
    assert told == {"olga@acme.example": 12, "bea@acme.example": 12}


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_at_any_statement_loses_and_doubles_nothing(world: World) -> None:
    choose(world.olga)
    told = 0
    for statement in range(1, 60):
        notice_make(world.acme, at=NOW)
        told += 1
        if killed_at(statement, send, NOW):
            break
    notices_send(now=NOW)
    assert told > 10
    assert sum(text.count("* Credits run low") for text in Mail.objects.values_list("text", flat=True)) == told


def test_passing_on_costs_the_same_for_many_notices_and_members(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for many in (1, 40):
        for number in range(many):
            person = User.objects.create_user(f"p{many}-{number}@acme.example")
            Membership.objects.create(organisation=world.acme, user=person, role="admin")
            choose(person)
            notice_make(world.acme, at=NOW)
        with django_assert_num_queries(7):
            assert notices_pass_on(now=NOW) == many
    assert NoticeMail.objects.count() == 1 + 41 * 40


def test_one_signed_click_ends_mails_like_it_without_signing_in(world: World) -> None:
    failed(world)
    notices_send(now=NOW)
    mail = Mail.objects.get()
    mail_deliver(mail.pk, now=NOW)
    headers = outbox.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = urlsplit(headers["List-Unsubscribe"].strip("<>")).path
    nobody = Client(enforce_csrf_checks=True)
    assert "A job of mine failed" in nobody.get(path).content.decode()
    failed(world)
    assert Reader.objects.get(user=world.mia).choices == {}
    for _ in range(2):
        assert nobody.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Reader.objects.get(user=world.mia).choices["job.failed"] == {"here": True, "mail": "none"}
    assert notices_send(now=NOW) == 0


def test_the_link_of_a_daily_mail_ends_the_daily_mail_alone(world: World) -> None:
    choose(world.olga, "daily")
    choose(world.olga, "now", "dispute.opened")
    mails_end(token=unsubscribe_token(member(world.olga)))
    chosen = Reader.objects.get(user=world.olga).choices
    assert (chosen["balance.low"]["mail"], chosen["dispute.opened"]["mail"]) == ("none", "now")
    assert chosen["member.joined"]["mail"] == "none"


def test_a_damaged_link_and_one_of_who_left_end_nothing(world: World) -> None:
    token = unsubscribe_token(member(world.mia), "job.failed")
    assert Client().post(f"/notices/unsubscribe/{token[:-2]}/").status_code == 404
    member(world.mia).delete()
    with pytest.raises(NotFound):
        mails_end(token=token)
    assert not Reader.objects.exists()


def form(**changes: Any) -> dict[str, Any]:
    given = {"here": ["job.failed"], "mail_job.failed": "daily", "quiet_from": "22", "quiet_until": "7"}
    return given | {"daily_hour": "6", "time_zone": "Europe/Berlin"} | changes


def test_a_person_chooses_by_page(world: World) -> None:
    mia = world.client(world.mia)
    page = mia.get(PAGE).content.decode()
    assert "A job of mine failed" in page
    assert "A top-up was credited" not in page
    mia.post(PAGE, form())
    reader = Reader.objects.get(user=world.mia)
    assert (reader.quiet_from, reader.quiet_until, reader.daily_hour) == (22, 7, 6)
    assert reader.choices["job.failed"] == {"here": True, "mail": "daily"}
    assert reader.choices["job.settled"] == {"here": False, "mail": "none"}
    assert "balance.low" not in reader.choices
    notice_make(world.acme, "job.settled", data=SETTLED, person_id=world.mia.pk, project_id=world.project.pk)
    assert "Nightly" not in mia.get("/o/acme/notices/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"quiet_until": ""}, "Give both hours"),
        ({"quiet_until": "22"}, "at another hour than they begin"),
        ({"quiet_from": "99"}, "not one of the available choices"),
        ({"daily_hour": ""}, "This field is required"),
        ({"time_zone": "Mars/Base"}, "not one of the available choices"),
        ({"mail_job.failed": "soon"}, "is none, now or daily"),
    ],
)
def test_a_bad_choice_is_refused_whole(world: World, wrong: dict[str, str], sentence: str) -> None:
    answer = world.client(world.mia).post(PAGE, form(**wrong))
    assert answer.status_code in (400, 422)
    assert sentence in answer.content.decode()
    assert not Reader.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kinds": {"job.nonsense": {"mail": "now"}}},
        {"kinds": {"job.failed": {"mail": "now", "colour": "red"}}},
        {"kinds": {"job.failed": {"here": "yes"}}},
        {"quiet": (24, 3)},
        {"daily_hour": 24},
        {"time_zone": "Mars/Base"},
    ],
)
def test_choices_that_cannot_be_are_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(AppError):
        choices_set(grant=grant(world.mia), **wrong, now=NOW)
    assert not Reader.objects.exists()


def test_choices_cost_the_same_however_many_there_are(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    olga = world.client(world.olga)
    olga.get(PAGE)
    for kinds in ({}, {"job.failed": {"mail": "now"}, "balance.low": {"mail": "daily"}}):
        choices_set(grant=grant(world.olga), kinds=kinds, now=NOW)
        with django_assert_num_queries(6):
            olga.get(PAGE)
