"""Who of the staff sees to a ticket: taken, given, left; who is told; and how a ticket is found again."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.core.models import Mail
from apps.notifications.models import Event
from apps.organisations.models import Grant
from apps.support.models import Ticket, TicketHandover
from apps.support.tickets.acts import ticket_answer, ticket_assign, ticket_open, ticket_reply
from apps.support.tickets.subjects import About
from apps.users.models import User
from tests.organisations.keys import grant
from tests.support.scene import ticket_of
from tests.world import World

Pinned = Callable[[int], AbstractContextManager[object]]


@pytest.fixture
def sam(world: World) -> User:
    return User.objects.create_superuser("sam@nosana-web.example", "x", name="Sam")


@pytest.fixture
def stella(world: World) -> User:
    return User.objects.create_superuser("stella@nosana-web.example", "x", name="Stella")


def answered(ticket: Ticket, staff: User) -> Ticket:
    last = ticket.messages.latest("id").pk
    return ticket_answer(
        ticket_id=ticket.pk, text="Restart it.", solved=False, seen=last, key=uuid.uuid4(), user=staff,
        now=timezone.now(),
    )  # fmt: skip


def replied(ticket: Ticket, member: Grant) -> Ticket:
    return ticket_reply(
        grant=member, ticket_id=ticket.pk, text="And now?", solved=False, key=uuid.uuid4(), now=timezone.now()
    )


def test_a_ticket_is_taken_given_and_left_and_each_turn_is_kept(world: World, sam: User, stella: User) -> None:
    ticket, desk = ticket_of(world.acme), world.client(sam)
    place = f"/admin/tickets/{ticket.pk}/"
    assert b"Assign to me" in desk.get(place).content
    for owner in (sam.pk, sam.pk, stella.pk, stella.pk, ""):
        assert desk.post(f"{place}owner/", {"owner": owner}).url == place
    turns = TicketHandover.objects.values_list("owner", "by")
    assert list(turns) == [(sam.pk, sam.pk), (stella.pk, sam.pk), (None, sam.pk)]
    mail = Mail.objects.get(key__contains=":handover:")
    assert (mail.to, f"#{ticket.number}" in mail.subject, place in mail.text) == (stella.email, True, True)
    assert b"gave it to stella@nosana-web.example" in desk.get(place).content
    with pytest.raises(DatabaseError), transaction.atomic():
        TicketHandover.objects.update(owner=sam)


def test_only_who_may_answer_owns_a_ticket_and_only_they_give_it(world: World, sam: User) -> None:
    ticket = ticket_of(world.acme)
    place = f"/admin/tickets/{ticket.pk}/owner/"
    tim = User.objects.create_user("tim@nosana-web.example", is_staff=True)
    for owner in (world.mia.pk, tim.pk, "x", 10**30):
        assert world.client(sam).post(place, {"owner": owner}).status_code == 422, owner
    assert world.client(tim).post(place, {"owner": tim.pk}).status_code == 403
    assert world.client(sam).post(f"/admin/tickets/{uuid.uuid4()}/owner/", {}).status_code == 404
    assert not TicketHandover.objects.exists()


def test_who_answers_first_owns_it_and_the_customers_next_message_goes_to_them(world: World, sam: User) -> None:
    ticket, mia = ticket_of(world.acme), grant(world.mia)
    answered(ticket, sam)
    ticket.refresh_from_db()
    assert ticket.owner == sam
    replied(ticket, mia)
    assert Mail.objects.get(to=sam.email).subject == f"Ticket #{ticket.number} of Acme: {ticket.subject}"
    User.objects.filter(pk=sam.pk).update(is_staff=False)
    replied(ticket, mia)
    assert Mail.objects.filter(to=sam.email).count() == 1  # who left the staff is told no more


def test_an_answer_is_a_notice_of_who_asked_and_of_nobody_else(world: World, sam: User) -> None:
    ticket = ticket_of(world.acme)
    answered(ticket, sam)
    event = Event.objects.get(type="ticket.answered")
    assert (event.person_id, event.data["number"]) == (world.mia.pk, ticket.number)
    page = world.client(world.mia).get("/o/acme/notices/").content.decode()
    assert f"Our staff answered “{ticket.subject}”" in page
    led = world.client(world.mia).get(f"/o/acme/notices/{event.pk}/")
    assert led.url == f"/o/acme/support/{ticket.pk}/"
    assert "Our staff answered “" not in world.client(world.olga).get("/o/acme/notices/").content.decode()


def test_the_search_finds_a_ticket_by_number_subject_and_who_asked(world: World, sam: User) -> None:
    ticket, desk = ticket_of(world.acme), world.client(sam)
    for words in (f"#{ticket.number}", str(ticket.number), "stops at line"):
        assert desk.get("/admin/search/", {"q": words}).url == f"/admin/tickets/{ticket.pk}/", words
    assert f"#{ticket.number} The log stops" in desk.get("/admin/search/?q=mia@acme").content.decode()
    assert b"line 7" not in desk.get("/admin/search/?q=%23999999").content


def test_the_list_has_who_waits_longest_first_and_pages_by_key(world: World, sam: User, pinned: Pinned) -> None:
    first, now = ticket_of(world.acme), timezone.now()
    for number in range(60):
        ticket_open(
            grant=grant(world.olga), subject=f"Number {number}", text="?", about=About(), key=uuid.uuid4(),
            now=now + timedelta(hours=2 * number),
        )  # fmt: skip
    ticket_assign(ticket_id=first.pk, owner=sam, user=sam, now=now)
    Ticket.objects.filter(pk=first.pk).update(waits_since=now - timedelta(days=4))
    desk = world.client(sam)
    with pinned(3):
        page = desk.get("/admin/tickets/").content.decode()
    assert page.index("line 7") < page.index("Number 0") < page.index("Number 48")
    assert ("very late" in page, "Number 49" in page) == (True, False)
    after = page.split('rel="next"')[0].rpartition('href="?')[2].partition('"')[0].replace("&amp;", "&")
    more = desk.get(f"/admin/tickets/?{after}").content.decode()
    assert ("Number 49" in more, "Number 48" in more) == (True, False)
    mine = desk.get("/admin/tickets/?owner=mine").content.decode()
    assert ("line 7" in mine, "Number 0" in mine) == (True, False)
    assert "line 7" not in desk.get("/admin/tickets/?owner=nobody").content.decode()
    assert b"Your tickets: 1 to answer" in desk.get("/admin/").content


@pytest.fixture
def pinned(django_assert_num_queries: Pinned) -> Pinned:
    return django_assert_num_queries


def test_an_answer_takes_the_same_queries_however_long_the_thread(world: World, sam: User, pinned: Pinned) -> None:
    ticket: Any = ticket_of(world.acme)
    answered(ticket, sam)
    replied(ticket, grant(world.mia))
    with pinned(22):
        answered(ticket, sam)
