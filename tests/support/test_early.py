"""Early users: how far each organisation got and what it said, in one list; feedback is answered once, by mail."""

import csv
import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.console.selectors.home import overview
from apps.core.errors import Conflict
from apps.core.models import Mail
from apps.jobs.models import Job
from apps.organisations.models import Membership, Organisation
from apps.support.early.selectors import early_found, early_progress
from apps.support.feedback.services import feedback_answer
from apps.support.models import Feedback
from apps.users.models import User
from tests.console.scene import credits_give, job_make, markets_make
from tests.organisations.keys import grant, member
from tests.permissions.money import invoice_of
from tests.support.scene import feedback_of, ticket_of
from tests.world import World

EARLY = "/admin/early/"


@pytest.fixture
def sam(world: World) -> User:
    return User.objects.create_superuser("sam@nosana-web.example", "x", name="Sam")


def names(page: bytes) -> list[str]:
    return re.findall(r"<h3><a[^>]*>([^<]+)</a>", page.decode())


def test_one_list_says_how_far_each_got_and_what_they_said(world: World, sam: User) -> None:
    credits_give(world.acme)
    job = job_make(member(world.mia), markets_make()[0], name="Prime numbers")
    ended = timezone.now()
    Job.objects.filter(pk=job.pk).update(state="completed", ended_at=ended)
    invoice, told = invoice_of(world.acme), feedback_of(world.acme)
    ticket_of(world.acme)
    one = next(p for p in early_progress(early_found(now=ended)) if p.organisation == world.acme)
    assert one.done == {"verified": True, "paid": True, "launched": True, "invited": True}
    assert (one.owner, one.first_result, one.tickets_open) == (world.olga, ended, 1)
    assert (list(one.feedback), one.told, one.waiting) == ([told], 1, 1)
    assert one.paid.replace("\xa0", " ") == f"€{invoice.total_minor / 100:.2f}"
    page = world.client(sam).get(EARLY).content.decode()
    for words in (
        "olga@acme.example",
        "1 open ticket",
        told.text,
        "/o/acme/jobs/",
        "first result",
        "read and answer",
    ):
        assert words in page


def test_filters_stand_in_the_address(world: World, sam: User) -> None:
    desk = world.client(sam)
    feedback_of(world.acme)
    credits_give(world.acme)
    ticket_of(world.acme)
    Organisation.objects.filter(pk=world.other.pk).update(created_at=timezone.now() - timedelta(days=200))
    for question, shown in {
        "": ["Acme"],
        "?joined=any": ["Xenon", "Acme"],
        "?joined=365&missing=paid": ["Xenon"],
        "?joined=any&missing=any": ["Xenon", "Acme"],
        "?joined=any&missing=nothing": [],
        "?joined=any&said=waiting": ["Acme"],
        "?joined=any&said=none": ["Xenon"],
        "?joined=any&tickets=open": ["Acme"],
        "?joined=any&q=xena@": ["Xenon"],
        "?q=nothing like it": [],
        "?joined=never&missing=x&said=y": ["Acme"],
    }.items():
        assert sorted(names(desk.get(EARLY + question).content)) == sorted(shown), question
    assert desk.get(f"{EARLY}?before=nonsense").status_code == 400


def test_the_steps_are_those_that_the_customer_sees(world: World) -> None:
    def here(organisation: Organisation) -> dict[str, bool]:
        return early_progress(early_found(now=timezone.now()).filter(pk=organisation.pk))[0].done

    for change in (
        lambda: None,
        lambda: credits_give(world.other),
        lambda: job_make(member(world.xena), markets_make()[0]),
        lambda: Membership.objects.create(organisation=world.other, user=world.mia, role="viewer"),
    ):
        change()
        steps = overview(grant(world.xena), timezone.now()).steps
        assert here(world.other) == {
            name: getattr(steps, name) for name in ("verified", "paid", "launched", "invited")
        }


def test_the_list_takes_the_same_queries_for_two_and_for_many_and_the_file_has_all(
    world: World, sam: User, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    desk, now = world.client(sam), timezone.now()
    for number in range(25):
        here = Organisation.objects.create(name=f"=Early {number}", slug=f"early-{number}", created_at=now)
        Membership.objects.create(organisation=here, user=world.xena, role="owner")
        words = {"text": f"=1+{number}", "key": uuid.uuid4(), "at": now}
        Feedback.objects.create(organisation=here, person=world.xena, **words)
    for question in ("?q=acme", ""):
        with django_assert_num_queries(11):
            page = desk.get(EARLY + question).content
    first = names(page)
    after = re.findall(r'href="\?([^"]*before=[^"]*)"', page.decode())[0].replace("&amp;", "&")
    rest = names(desk.get(f"{EARLY}?{after}").content)
    assert (len(first), len(first) + len(rest), set(first) & set(rest)) == (20, 27, set())
    answer: Any = desk.get(f"{EARLY}?as=csv")
    rows = list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))
    assert len(rows) == 27
    early = next(row for row in rows if row["slug"] == "early-7")
    assert (early["organisation"], early["last_said"], early["paid"], early["invited"]) == (
        "'=Early 7",
        "'=1+7",
        "",
        "no",
    )


def test_feedback_is_answered_once_by_mail_in_the_persons_language(world: World, sam: User) -> None:
    User.objects.filter(pk=world.olga.pk).update(language="de")
    told, desk = feedback_of(world.acme), world.client(sam)
    place = f"/admin/early/feedback/{told.pk}/"
    assert b"Feedback to read" in desk.get("/admin/").content
    assert b"/o/acme/jobs/" in desk.get(place).content
    for body in ({}, {"text": "Yes.", "none": "on"}, {"text": "x" * 4001}):
        assert desk.post(f"{place}answer/", body).status_code == 422
    for _ in range(2):
        assert desk.post(f"{place}answer/", {"text": "Under Results."}).url == place
    mail = Mail.objects.get(to="olga@acme.example", text__contains="Under Results.")
    assert (mail.subject, told.text in mail.text) == ("Antwort auf Ihre Rückmeldung", True)
    with pytest.raises(Conflict):
        feedback_answer(feedback_id=told.pk, text="Elsewhere.", user=sam, now=timezone.now())
    assert b"Under Results." in desk.get(place).content
    assert b"Feedback to read" not in desk.get("/admin/").content
    quiet = feedback_of(world.acme, "All is well.")
    desk.post(f"/admin/early/feedback/{quiet.pk}/answer/", {"none": "on"})
    quiet.refresh_from_db()
    assert (quiet.answered_by, quiet.answer) == (sam, "")
    assert not Mail.objects.filter(key=f"feedback:{quiet.pk}:answer").exists()


def test_feedback_is_for_staff_with_the_right_and_nobody_rewrites_it(world: World) -> None:
    told = feedback_of(world.acme)
    tim = User.objects.create_user("tim@nosana-web.example", is_staff=True)
    places = (EARLY, f"/admin/early/feedback/{told.pk}/")
    assert [world.client(tim).get(place).status_code for place in places] == [403, 403]
    assert world.client(tim).post(f"{places[1]}answer/", {"none": "on"}).status_code == 403
    sam = User.objects.create_superuser("sam@nosana-web.example", "x")
    assert world.client(sam).get(f"/admin/early/feedback/{uuid.uuid4()}/").status_code == 404
    assert not Feedback.objects.exclude(answered_at=None).exists()
    theirs = Feedback(organisation=world.other, person=world.xena, key=uuid.uuid4(), text="?", at=timezone.now())
    credits_give(world.acme)
    theirs.job = job_make(member(world.mia), markets_make()[0])
    for wrong in (lambda: Feedback.objects.update(text="Never said"), Feedback.objects.all().delete, theirs.save):
        with pytest.raises(DatabaseError), transaction.atomic():
            wrong()
