"""The pages of the staff ask the database as often for many rows as for few."""

import uuid
from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.billing.models import InvoiceDue
from apps.billing.services import invoice_issue, staff_cap_set, trial_extend
from apps.core.models import Mail
from apps.jobs.models import Job, Market
from apps.notifications.models import Delivery
from apps.organisations.models import Grant, Project
from apps.organisations.services import Actor, organisation_freeze, organisation_thaw
from apps.support.models import Ticket
from apps.support.tickets.acts import ticket_answer, ticket_open, ticket_reply
from apps.support.tickets.subjects import About
from apps.users.models import User
from tests.billing.money import CREDIT, rate, topup
from tests.console.scene import credits_give, job_finish, job_list, job_make, job_run, markets_make
from tests.notifications.endpoints import delivery_of
from tests.organisations.people import member
from tests.support.scene import feedback_of
from tests.world import World


class Scene:
    """Acme with some of everything that pages of the staff list, and then more of it."""

    def __init__(self, world: World) -> None:
        self.world, self.markets = world, markets_make()
        self.staff = User.objects.create_superuser("boss@nosana-web.example", "x", name="Boss")
        credits_give(world.acme, 1_000)
        rate(at=timezone.now())
        self.job, self.ticket = self._job(self.markets[0]), self._ticket()
        self.more(1)

    def more(self, times: int) -> None:
        """Add one of each, so often."""
        for _ in range(times):
            now, word = timezone.now(), uuid.uuid4().hex[:8]
            self._staff_do(word, now)
            self._job(self.markets[1])
            self._ticket()
            self._talk(now)
            self._undelivered(word)
            topup(self.world.acme, word, now=now)
            invoice_issue(invoice_due_id=InvoiceDue.objects.latest("id").id, now=now)
            feedback_of(self.world.acme, word)

    def _staff_do(self, word: str, now: datetime) -> None:
        staff = User.objects.create_superuser(f"{word}@nosana-web.example", "x", name=word)
        told = {"organisation_id": self.world.acme.pk, "reason": word, "now": now}
        told["actor"] = Actor(kind="staff", user=staff)
        project = Project.objects.create(organisation=self.world.acme, slug=word, name=word, created_at=now)
        staff_cap_set(level="project", subject_id=str(project.pk), period="month", limit_micro=CREDIT, **told)
        trial_extend(extension_id=uuid.uuid4(), days=20, micro=CREDIT, **told)
        organisation_freeze(why="", stop_jobs=False, **told)
        organisation_thaw(**told)

    def _job(self, market: Market) -> Job:
        job, now = job_make(member(self.world.mia), market), timezone.now()
        job_list(job, now)
        job_run(job, now)
        job_finish(job, started=now, ended=now + timedelta(seconds=9))
        return job

    def _ticket(self) -> Ticket:
        facts = {"subject": "x", "text": "?", "about": About(), "key": uuid.uuid4(), "now": timezone.now()}
        return ticket_open(grant=Grant.of_member(member(self.world.olga)), **facts)

    def _talk(self, now: datetime) -> None:
        facts = {"ticket_id": self.ticket.pk, "text": "!", "solved": False, "now": now}
        grant = Grant.of_member(member(self.world.olga))
        ticket_reply(grant=grant, key=uuid.uuid4(), **facts)
        seen = self.ticket.messages.latest("pk").pk
        ticket_answer(seen=seen, key=uuid.uuid4(), user=self.staff, **facts)

    def _undelivered(self, word: str) -> None:
        mail = Mail.objects.create(key=word, to=self.world.olga.email, subject="Hello", text="x")
        Mail.objects.filter(pk=mail.pk).update(created_at=timezone.now() - timedelta(hours=1))
        Delivery.objects.filter(pk=delivery_of(self.world.acme).pk).update(state="dead")
        EmailAddress.objects.create(user=self.world.mia, email=f"{word}@new.example", verified=False)


def asked(client: Client, path: str) -> list[str]:
    """Return what the page asks the database."""
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return [one["sql"] for one in found.captured_queries]


@pytest.mark.usefixtures("db")
def test_pages_of_the_staff_ask_as_often_for_many_rows_as_for_few(world: World) -> None:
    scene = Scene(world)
    client, place = world.client(scene.staff), f"/admin/organisation/{world.acme.pk}/"
    pages = [place, *(f"{place}{act}/" for act in ("freeze", "thaw", "cap", "limits", "trial", "resend"))]
    pages += [
        f"/admin/job/{scene.job.pk}/",
        "/admin/early/",
        "/admin/tickets/",
        f"/admin/tickets/{scene.ticket.pk}/",
    ]
    pages += ["/admin/core/staffact/", "/admin/staff/", "/admin/visits/", "/admin/search/?q=job", "/admin/"]
    client.get(place)  # what is kept for a while is asked once
    few = {path: asked(client, path) for path in pages}
    scene.more(2)
    for path in pages:
        many = asked(client, path)
        fresh = "\n".join(sql[:200] for sql in many if sql not in few[path])
        assert len(many) == len(few[path]), f"{path}: {len(few[path])}, then {len(many)}:\n{fresh}"
    most = {path: len(sql) for path, sql in few.items() if len(sql) > 30}
    assert most == {}, "a page that asks so much is slow, however few rows it shows"
