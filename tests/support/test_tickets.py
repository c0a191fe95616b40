"""Tickets: asked once, answered by mail both ways, seen by whom they concern, never rewritten."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.core.errors import Conflict
from apps.core.models import Mail
from apps.organisations.models import Membership
from apps.support.models import CannedAnswer, Ticket, TicketMessage
from apps.support.tickets.acts import ticket_answer, ticket_open, ticket_reply
from apps.support.tickets.subjects import About
from apps.users.models import User
from tests.console.scene import credits_give, job_make, markets_make
from tests.organisations.keys import grant, member
from tests.permissions.money import invoice_of
from tests.support.scene import ticket_of
from tests.world import World

SUPPORT, NEW = "/o/acme/support/", "/o/acme/support/new/"


@pytest.fixture
def sam(world: World) -> User:
    return User.objects.create_superuser("sam@nosana-web.example", "x", name="Sam")


def asked(**more: Any) -> dict[str, Any]:
    return {"subject": "Log & co", "text": "It <stops>.", "about": "", "key": uuid.uuid4()} | more


def said(text: str = "And now?", **more: Any) -> dict[str, Any]:
    return {"text": text, "key": uuid.uuid4()} | more


def answer(ticket: Ticket, sam: User, text: str = "Restart it.", **more: Any) -> Ticket:
    last = ticket.messages.latest("id").pk
    given = {"solved": False, "seen": last, "key": uuid.uuid4(), "now": timezone.now()} | more
    return ticket_answer(ticket_id=ticket.pk, text=text, user=sam, **given)


def test_a_question_sent_twice_is_one_ticket_and_one_mail_to_staff(world: World, settings: Any) -> None:
    settings.STAFF_EMAIL = "staff@nosana-web.example"
    credits_give(world.acme)
    job = job_make(member(world.mia), markets_make()[0], name="Prime numbers")
    mia, given = world.client(world.mia), asked(about=f"job:{job.pk}")
    shown = mia.get(f"{NEW}?about=job:{job.pk}").content.decode()
    assert f'value="job:{job.pk}" selected' in shown
    places = {mia.post(NEW, given).url for _ in range(2)}
    ticket = Ticket.objects.get()
    assert places == {f"{SUPPORT}{ticket.pk}/"}
    assert (ticket.job, ticket.state, ticket.messages.get().text) == (job, "open", "It <stops>.")
    mail = Mail.objects.get(to="staff@nosana-web.example")
    assert mail.subject == f"Ticket #{ticket.number} of Acme: Log & co"
    for word in ("It <stops>.", "mia@acme.example", "Prime numbers", f"/admin/tickets/{ticket.pk}/"):
        assert word in mail.text
    assert "It &lt;stops&gt;." in mail.html
    page = mia.get(f"{SUPPORT}{ticket.pk}/").content.decode()
    assert "It &lt;stops&gt;." in page
    assert "Prime numbers" in page


def test_an_answer_reaches_the_person_in_their_language_and_a_reply_opens_it_again(
    world: World, sam: User
) -> None:
    User.objects.filter(pk=world.mia.pk).update(language="de")
    ticket, mia, key = ticket_of(world.acme), world.client(world.mia), uuid.uuid4()
    for _ in range(2):
        answer(ticket, sam, key=key)
    mail = Mail.objects.get(to="mia@acme.example")
    assert "Restart it." in mail.text
    assert mail.subject.startswith("Antwort auf")
    place = f"{SUPPORT}{ticket.pk}/"
    assert b"Restart it." in mia.get(place).content
    ticket.refresh_from_db()
    assert (ticket.state, ticket.waits_since) == ("waiting", None)
    again = said()
    for _ in range(2):
        mia.post(place, again)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.messages.count()) == ("open", 3)
    assert ticket.waits_since
    mia.post(place, said("", solved="1"))
    ticket.refresh_from_db()
    assert (ticket.state, ticket.waits_since) == ("solved", None)
    mia.post(place, said())
    ticket.refresh_from_db()
    assert ticket.state == "open"


def test_everybody_sees_their_own_and_owner_and_admins_all(world: World) -> None:
    place = f"{SUPPORT}{ticket_of(world.acme).pk}/"
    for user, status in (
        (world.mia, 200),
        (world.olga, 200),
        (world.adam, 200),
        (world.victor, 404),
        (world.xena, 404),
    ):
        client = world.client(user)
        assert client.get(place).status_code == status
        assert client.post(place, said(user.email)).status_code == (302 if status == 200 else 404)
        assert (b"line 7" in client.get(SUPPORT).content) == (status == 200)
    assert TicketMessage.objects.count() == 4


def test_what_is_not_seen_is_not_attached(world: World) -> None:
    credits_give(world.other)
    theirs = job_make(member(world.xena), markets_make()[0], name="Secret work")
    number = invoice_of(world.acme).number
    for user, about in (
        (world.mia, f"job:{theirs.pk}"),
        (world.mia, f"invoice:{number}"),
        (world.olga, "invoice:NW-none"),
        (world.olga, "job:x"),
        (world.olga, "card:1"),
    ):
        client = world.client(user)
        assert client.get(NEW, {"about": about}).status_code == 404
        assert client.post(NEW, asked(about=about)).status_code == 404
    assert not Ticket.objects.exists()
    world.client(world.bea).post(NEW, asked(about=f"invoice:{number}"))
    assert Ticket.objects.get().invoice.number == number  # type: ignore[union-attr]


@pytest.mark.parametrize("change", [{"subject": " "}, {"subject": "x" * 151}, {"text": ""}, {"key": "no"}])
def test_what_says_nothing_is_refused(world: World, change: dict[str, str]) -> None:
    assert world.client(world.mia).post(NEW, asked(**change)).status_code == 422
    assert not Ticket.objects.exists()


def test_twenty_messages_an_hour_are_enough(world: World) -> None:
    ticket, mia = ticket_of(world.acme), grant(world.mia)
    now = timezone.now()
    TicketMessage.objects.bulk_create(
        TicketMessage(ticket=ticket, author=world.mia, key=uuid.uuid4(), text="?", state="open", at=now)
        for _ in range(19)
    )
    client = world.client(world.mia)
    assert client.post(f"{SUPPORT}{ticket.pk}/", said()).status_code == 429
    assert client.post(NEW, asked()).status_code == 429
    later = now + timedelta(hours=2)
    ticket_reply(grant=mia, ticket_id=ticket.pk, text="!", solved=False, key=uuid.uuid4(), now=later)


def test_an_answer_waits_until_the_newest_message_was_read(world: World, sam: User) -> None:
    ticket = ticket_of(world.acme)
    seen = ticket.messages.get().pk
    world.client(world.mia).post(f"{SUPPORT}{ticket.pk}/", said())
    with pytest.raises(Conflict):
        answer(ticket, sam, seen=seen)
    assert not Mail.objects.filter(to="mia@acme.example").exists()


def test_the_answer_goes_to_nobody_who_left(world: World, sam: User) -> None:
    ticket = ticket_of(world.acme)
    Membership.objects.filter(user=world.mia).delete()
    answer(ticket, sam)
    assert list(Mail.objects.filter(text__contains="Restart it.").values_list("to", flat=True)) == [
        "olga@acme.example"
    ]


def test_the_database_keeps_messages_and_what_a_ticket_was_opened_with(world: World) -> None:
    ticket = ticket_of(world.acme)
    credits_give(world.other)
    theirs = job_make(member(world.xena), markets_make()[0])
    for wrong in (
        lambda: ticket.messages.update(text="Never said"),
        lambda: ticket.messages.all().delete(),
        lambda: Ticket.objects.update(subject="Other"),
        lambda: Ticket.objects.update(state="waiting"),
        lambda: Ticket.objects.update(state="lost", waits_since=None),
        lambda: ticket_open(
            grant=grant(world.mia),
            subject="x",
            text="x",
            about=About(job=theirs),
            key=uuid.uuid4(),
            now=timezone.now(),
        ),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            wrong()


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_at_once_is_one_ticket(world: World) -> None:
    mia, key, now = grant(world.mia), uuid.uuid4(), timezone.now()

    def send(_number: int) -> uuid.UUID:
        try:
            return ticket_open(grant=mia, subject="Why?", text="?", about=About(), key=key, now=now).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(4)))) == 1
    assert TicketMessage.objects.count() == Mail.objects.filter(key__startswith="ticket:").count() == 1


def test_pages_take_a_fixed_number_of_queries(
    world: World, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    ticket, olga = ticket_of(world.acme), world.client(world.olga)
    for number in range(3):
        ticket_open(
            grant=grant(world.olga),
            subject=f"{number}",
            text="?",
            about=About(),
            key=uuid.uuid4(),
            now=timezone.now(),
        )
    for place, count in ((SUPPORT, 7), (NEW, 7), (f"{SUPPORT}{ticket.pk}/", 7)):
        with django_assert_num_queries(count):
            olga.get(place)


def test_staff_find_answer_and_solve_a_ticket_from_the_desk(world: World, sam: User) -> None:
    ticket, desk = ticket_of(world.acme), world.client(sam)
    canned = CannedAnswer.objects.create(title="Restart", text="Dear {name} of {organisation}: {x} {subject}")
    assert b"Tickets to answer" in desk.get("/admin/").content
    for question, shown in (
        ("", True),
        ("?state=solved", False),
        ("?q=acme", True),
        ("?q=none", False),
        ("?age=1", False),
    ):
        assert (b"line 7" in desk.get(f"/admin/tickets/{question}").content) == shown, question
    place = f"/admin/tickets/{ticket.pk}/"
    page = desk.get(f"{place}?canned={canned.pk}")
    assert "Dear Mia of Acme: {x} The log stops at line 7" in page.content.decode()
    seen = ticket.messages.get().pk
    given = said("Dear Mia, restart it.", seen=seen)
    assert desk.post(f"{place}answer/", said("", seen=seen)).status_code == 422
    for _ in range(2):
        assert desk.post(f"{place}answer/", given).url == place
    world.client(world.mia).post(f"{SUPPORT}{ticket.pk}/", said("It stops again."))
    late = desk.post(f"{place}answer/", said("Fine then?", seen=seen))
    assert late.status_code == 409
    assert b"It stops again." in late.content
    assert b"Fine then?" in late.content
    desk.post(f"{place}answer/", said("", solved="on", seen=ticket.messages.latest("id").pk))
    ticket.refresh_from_db()
    assert (ticket.state, ticket.messages.count()) == ("solved", 4)
    assert Mail.objects.filter(to="mia@acme.example").count() == 1


def test_staff_without_the_right_neither_read_nor_answer(world: World) -> None:
    tim = User.objects.create_user("tim@nosana-web.example", is_staff=True)
    ticket, client = ticket_of(world.acme), world.client(tim)
    place = f"/admin/tickets/{ticket.pk}/"
    tim.user_permissions.add(Permission.objects.get(codename="view_ticket"))
    assert b"Send" not in client.get(place).content
    assert client.post(f"{place}answer/", said(seen=9)).status_code == 403
    tim.user_permissions.clear()
    assert client.get(place).status_code == client.get("/admin/tickets/").status_code == 403
    assert ticket.messages.count() == 1
