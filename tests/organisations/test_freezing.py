"""A frozen organisation starts and pays nothing; what its people may still do, and what they read."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from apps.core.errors import AppError, Denied, NotFound
from apps.core.models import Mail, Message, StaffAct
from apps.jobs.models import Job
from apps.jobs.services import jobs_stop_all
from apps.notifications.models import Event
from apps.notifications.services import freeze_tell, notices_send
from apps.organisations.models import AuditEvent, Frozen, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, invitation_find, organisation_freeze, organisation_thaw
from apps.payments.models import TopUp
from apps.payments.services import topup_make
from apps.users.models import User
from tests.billing.money import rate
from tests.console.scene import credits_give, job_make, markets_make
from tests.organisations.people import invitation_token, invited, member
from tests.world import World

KEPT = {
    "organisation.view", "audit.view", "balance.view", "billing.view", "jobs.view",
    "jobs.stop", "keys.manage", "keys.manage_all", "approvals.decide",
}  # fmt: skip


@pytest.fixture
def sam(world: World) -> Actor:
    return Actor(kind="staff", user=User.objects.create_superuser("sam@nosana-web.example", "x", name="Sam"))


def freeze(world: World, sam: Actor, **changes: Any) -> Organisation:
    told = {"reason": "Stolen card", "why": "We ask about a payment.", "stop_jobs": False, **changes}
    return organisation_freeze(organisation_id=world.acme.pk, actor=sam, now=timezone.now(), **told)


def test_a_frozen_organisation_keeps_looking_stopping_and_shutting_doors(world: World, sam: Actor) -> None:
    freeze(world, sam)
    olga = member(world.olga)
    for permission in Permission:
        assert olga.may(permission) is (permission.value in KEPT), permission
        if permission.value not in KEPT:
            with pytest.raises(Frozen, match="Acme was frozen on .* We ask about a payment."):
                olga.require(permission)
    with pytest.raises(Denied):  # a role that never could is told so
        member(world.victor).require(Permission.JOBS_LAUNCH)
    page = world.client(world.olga).get("/o/acme/").content.decode()
    assert "nothing can be started, topped up or changed until we thaw it" in page
    answer = world.client(world.olga).post("/o/acme/jobs/new/", {})
    assert (answer.status_code, "We ask about a payment." in answer.content.decode()) == (409, True)


def test_what_was_on_its_way_is_refused_under_the_lock(world: World, sam: Actor) -> None:
    credits_give(world.acme)
    olga, mia, market = member(world.olga), member(world.mia), markets_make()[0]
    rate(at=timezone.now())
    token = invitation_token(invited(world.olga, "new@acme.example"))
    freeze(world, sam)  # both were found before it
    with pytest.raises(Frozen):
        job_make(mia, market)
    with pytest.raises(Frozen):
        topup_make(membership=olga, currency="EUR", net_minor=5_000, now=timezone.now())
    assert not Job.objects.exists()
    assert not TopUp.objects.exists()
    with pytest.raises(Frozen):
        invitation_find(token=token, now=timezone.now())


def test_freezing_is_told_once_and_kept_in_both_trails(world: World, sam: Actor) -> None:
    for _ in range(2):
        freeze(world, sam)
    event = AuditEvent.objects.get(act="organisation.frozen")
    assert "Stolen card" not in str((event.after, event.detail.content))
    act = StaffAct.objects.get(organisation_id=world.acme.pk)
    assert (act.act, act.reason, act.staff_id) == ("organisation.frozen", "Stolen card", sam.user and sam.user.pk)
    for _ in range(2):
        freeze_tell(event_id=event.pk, now=timezone.now())
    notice = Event.objects.get(type="organisation.frozen")
    assert notice.data["why"] == "We ask about a payment."
    notices_send(now=timezone.now())
    told = Mail.objects.filter(subject__contains="frozen")
    assert set(told.values_list("to", flat=True)) == {"olga@acme.example", "adam@acme.example"}
    assert "Your organisation is frozen" in world.client(world.olga).get("/o/acme/notices/").content.decode()
    for _ in range(2):
        organisation_thaw(organisation_id=world.acme.pk, reason="It was theirs", actor=sam, now=timezone.now())
    assert AuditEvent.objects.filter(act="organisation.thawed").count() == 1
    assert member(world.mia).may(Permission.JOBS_LAUNCH)
    assert Message.objects.filter(name="notifications.freeze_tell").count() == 2


def test_jobs_go_on_unless_they_are_to_stop(world: World, sam: Actor) -> None:
    credits_give(world.acme)
    job = job_make(member(world.mia), markets_make()[0])
    freeze(world, sam)
    assert not Message.objects.filter(name="jobs.stop_all").exists()
    freeze(world, sam, stop_jobs=True)  # on second thoughts
    assert Message.objects.get(name="jobs.stop_all").payload == {"organisation_id": str(world.acme.pk)}
    counts = [jobs_stop_all(organisation_id=world.acme.pk, now=timezone.now()) for _ in range(2)]
    assert counts == [1, 0]
    job.refresh_from_db()
    assert job.stop_requested_at is not None


def test_who_may_not_and_what_makes_no_sense_changes_nothing(world: World, sam: Actor) -> None:
    with pytest.raises(Denied):
        freeze(world, Actor.person(world.olga))
    for changes in ({"reason": " "}, {"reason": "x" * 501}, {"why": "x" * 301}):
        with pytest.raises(AppError):
            freeze(world, sam, **changes)
    with pytest.raises(NotFound):
        organisation_thaw(organisation_id=uuid.uuid4(), reason="x", actor=sam, now=timezone.now())
    world.acme.refresh_from_db()
    assert world.acme.frozen_at is None
    assert not StaffAct.objects.exists()
