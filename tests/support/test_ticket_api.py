"""Tickets and feedback by programs: seen by whom they concern, sent once, with the limits and mails of the pages."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from apps.core.models import Mail
from apps.support.feedback.models import Feedback
from apps.support.models import Ticket
from apps.support.tickets import acts
from apps.users.models import User
from tests.console.scene import credits_give, job_make, markets_make
from tests.organisations.keys import key_make, member
from tests.organisations.programs import ACME, Program, refused, signed_in
from tests.permissions.money import invoice_of
from tests.support.scene import ticket_of
from tests.world import World

TICKETS = f"{ACME}/tickets"
NEW = {"subject": "Log & co", "text": "It <stops>.\nWhy?"}


@pytest.fixture
def mia(world: World) -> Program:
    """A program with a key of a developer."""
    return Program(key_make(world.mia, "jobs.view", "organisation.view").token)


def test_a_ticket_is_opened_about_a_job_answered_and_solved(world: World, mia: Program, settings: Any) -> None:
    settings.STAFF_EMAIL = "staff@nosana-web.example"
    credits_give(world.acme)
    job = job_make(member(world.mia), markets_make()[0])
    answer = mia.post(TICKETS, NEW | {"job": str(job.pk)}, **{"Idempotency-Key": "log"})
    made = answer.json()
    assert (answer.status_code, made["state"], made["job"], made["opened_by"]) == (
        201,
        "open",
        str(job.pk),
        world.mia.email,
    )
    assert Mail.objects.get(to="staff@nosana-web.example").subject == f"Ticket #{made['number']} of Acme: Log & co"
    sam = User.objects.create_superuser("sam@nosana-web.example", "x", name="Sam")
    last = Ticket.objects.get().messages.get().pk
    acts.ticket_answer(
        ticket_id=made["id"], text="Restart it.", solved=False, seen=last, key=uuid.uuid4(), user=sam,
        now=timezone.now(),
    )  # fmt: skip
    seen = mia.get(f"{TICKETS}/{made['id']}")
    assert b"sam@" not in seen.content
    assert (seen.json()["state"], seen.json()["messages"][1]["author"]) == ("waiting", None)
    reply = mia.post(f"{TICKETS}/{made['id']}/reply", {"text": "It helped.", "solved": True}).json()
    said = [(one["by_staff"], one["text"], one["solved"]) for one in reply["messages"]]
    assert said == [(False, NEW["text"], False), (True, "Restart it.", False), (False, "It helped.", True)]
    assert [one["number"] for one in mia.get(TICKETS, state="solved").json()["items"]] == [made["number"]]
    assert mia.get(TICKETS, number=str(made["number"] + 1)).json()["items"] == []


def test_repeats_of_a_question_and_of_a_reply_are_one(mia: Program) -> None:
    known = {"Idempotency-Key": "why"}
    first, again = (mia.post(TICKETS, NEW, **known).json() for _ in range(2))
    assert first == again
    place = f"{TICKETS}/{first['id']}/reply"
    for _ in range(2):
        assert mia.post(place, {"text": "And?"}, **{"Idempotency-Key": "and"}).status_code == 200
    assert [one["text"] for one in mia.get(f"{TICKETS}/{first['id']}").json()["messages"]] == [NEW["text"], "And?"]
    refused(mia.post(TICKETS, NEW | {"text": "Else"}, **known), 409, "key_reused")


def test_a_ticket_is_seen_by_whom_it_concerns_alone(world: World, mia: Program) -> None:
    ticket = ticket_of(world.acme)
    place = f"{TICKETS}/{ticket.pk}"
    adam = Program(key_make(world.adam, "jobs.view", "audit.view").token)
    narrow = Program(key_make(world.adam, "jobs.view").token)
    assert (mia.get(place).status_code, adam.get(place).status_code) == (200, 200)
    for program in (signed_in(world.victor), narrow, signed_in(world.xena)):
        refused(program.get(place), 404, "not_found")
        refused(program.post(f"{place}/reply", {"text": "Mine"}), 404, "not_found")
    assert narrow.get(TICKETS).json()["items"] == []
    service = Program(key_make(world.olga, "jobs.view", "audit.view", kind="service").token)
    assert len(service.get(TICKETS).json()["items"]) == 1
    refused(service.post(TICKETS, NEW), 403, "denied", "personal key")
    assert ticket.messages.count() == 1


def test_an_invoice_is_named_to_who_may_see_invoices(world: World, mia: Program) -> None:
    invoice = invoice_of(world.acme)
    refused(mia.post(TICKETS, NEW | {"invoice": invoice.number}), 404, "not_found", "that you may see")
    olga = signed_in(world.olga)
    made = olga.post(TICKETS, NEW | {"invoice": invoice.number}).json()
    assert made["invoice"] == invoice.number
    viewer = signed_in(world.olga, "jobs.view", "audit.view")
    assert viewer.get(f"{TICKETS}/{made['id']}").json()["invoice"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"subject": "x" * 151},
        {"text": " "},
        {"text": "x" * 4_001},
        {"job": "x"},
        {"job": str(uuid.uuid4())},
        {"invoice": "NW-1"},
        {"job": str(uuid.uuid4()), "invoice": "NW-1"},
        {"priority": "high"},
    ],
)
def test_a_question_that_cannot_be_is_refused_and_none_is_kept(mia: Program, wrong: dict[str, Any]) -> None:
    answer = mia.post(TICKETS, NEW | wrong)
    assert answer.status_code in (400, 404), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert not Ticket.objects.exists()


def test_a_reply_says_something_or_solves(world: World, mia: Program) -> None:
    place = f"{TICKETS}/{ticket_of(world.acme).pk}/reply"
    refused(mia.post(place, {"text": ""}), 400, "invalid", "Write what you want")
    assert mia.post(place, {"solved": "yes"}).status_code == 400
    assert [mia.post(place, {"solved": True}).json()["state"] for _ in range(2)] == ["solved", "solved"]
    assert Ticket.objects.get().messages.count() == 2


def test_pages_and_programs_are_counted_together(
    world: World, mia: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "AN_HOUR", 1)
    ticket_of(world.acme)
    refused(mia.post(TICKETS, NEW), 429, "tickets_often", "a little later")
    assert Ticket.objects.count() == 1


def test_feedback_of_a_job_is_told_once(world: World, mia: Program) -> None:
    credits_give(world.acme)
    job = job_make(member(world.mia), markets_make()[0])
    body, known = {"text": "Fine!", "job": str(job.pk)}, {"Idempotency-Key": "f"}
    assert [mia.post(f"{ACME}/feedback", body, **known).status_code for _ in range(2)] == [201, 201]
    told = Feedback.objects.get()
    assert (told.person, told.job, told.page) == (world.mia, job, f"/o/acme/jobs/{job.pk}/")
    refused(mia.post(f"{ACME}/feedback", {"text": "x", "job": str(uuid.uuid4())}), 404, "not_found")


def test_lists_and_threads_take_a_known_number_of_queries(
    world: World, mia: Program, django_assert_max_num_queries: Any
) -> None:
    made = [mia.post(TICKETS, NEW).json()["id"] for _ in range(3)]
    for _ in range(3):
        mia.post(f"{TICKETS}/{made[0]}/reply", {"text": "And?"})
    with django_assert_max_num_queries(2):
        assert len(mia.get(TICKETS).json()["items"]) == 3
    with django_assert_max_num_queries(3):
        assert len(mia.get(f"{TICKETS}/{made[0]}").json()["messages"]) == 4
