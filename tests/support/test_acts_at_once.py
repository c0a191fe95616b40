"""What staff do while others act too: real threads, real commits, and processes that die in the middle."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from apps.billing.models import Cap, Lot, TrialExtension
from apps.billing.selectors import wallet
from apps.billing.services import lots_expire, staff_cap_set, trial_extend
from apps.core.errors import AppError, Conflict
from apps.core.models import Mail, Message, StaffAct
from apps.jobs.models import Job, Market, Want
from apps.jobs.services import job_shift, job_stop, jobs_stop_all
from apps.jobs.state import Reason, State
from apps.notifications.models import Event
from apps.organisations.models import AuditEvent, Frozen
from apps.organisations.services import Actor, organisation_freeze, organisation_thaw
from apps.payments.models import Allowance
from apps.payments.services import allowance_give
from apps.support.acts.resending import thing_send
from apps.support.rescue.acts import Pressed, job_end_now, job_move_now
from apps.users.models import User
from tests.billing.dying import killed_at
from tests.billing.money import CREDIT
from tests.console.scene import credits_give, job_list, job_make, job_run, markets_make
from tests.ledger.threads import at_once, begun
from tests.organisations.people import member
from tests.permissions.tables import changed, contents
from tests.support.test_rescue import fresh, withdrawn
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return World.build()


@pytest.fixture
def sam(world: World) -> Actor:
    return Actor(kind="staff", user=User.objects.create_superuser("sam@nosana-web.example", "x", name="Sam"))


@pytest.fixture
def waiting(world: World) -> Job:
    """A job of Mia's that waits in the cheapest market."""
    credits_give(world.acme)
    job = job_make(member(world.mia), markets_make()[0])
    job_list(job, timezone.now())
    return fresh(job)


def freezing(world: World, sam: Actor) -> dict[str, Any]:
    facts = {"organisation_id": world.acme.pk, "reason": "Stolen card", "why": "We ask.", "stop_jobs": True}
    return {**facts, "actor": sam, "now": timezone.now()}


def acts(act: str) -> int:
    """Return how often the act stands in the organisation's trail; in the staff's it must stand as often."""
    count = AuditEvent.objects.filter(act=act).count()
    assert StaffAct.objects.filter(act=act).count() == count
    return count


def test_a_freeze_waits_for_a_launch_that_began_and_stops_it_too(world: World, sam: Actor) -> None:
    credits_give(world.acme)
    mia, market = member(world.mia), markets_make()[0]
    with transaction.atomic():
        job = job_make(mia, market)
        frozen = begun(lambda: organisation_freeze(**freezing(world, sam)))
        assert not frozen.done()
    assert frozen.result(60).frozen_at
    assert jobs_stop_all(organisation_id=world.acme.pk, now=timezone.now()) == 1
    assert fresh(job).stop_requested_at


def test_a_launch_waits_for_a_freeze_that_began_and_is_refused(world: World, sam: Actor) -> None:
    credits_give(world.acme)
    mia, market = member(world.mia), markets_make()[0]
    with transaction.atomic():
        organisation_freeze(**freezing(world, sam))
        launched = begun(lambda: job_make(mia, market))
        assert not launched.done()
    with pytest.raises(Frozen):
        launched.result(60)
    assert not Job.objects.exists()


def test_of_four_who_freeze_or_thaw_at_once_one_is_told_of(world: World, sam: Actor) -> None:
    facts = freezing(world, sam) | {"stop_jobs": False}
    at_once(4, lambda n: organisation_freeze(**facts))
    thaw = {"organisation_id": world.acme.pk, "reason": "Theirs", "actor": sam, "now": timezone.now()}
    at_once(4, lambda n: organisation_thaw(**thaw))
    assert (acts("organisation.frozen"), acts("organisation.thawed")) == (1, 1)
    assert Message.objects.filter(name="notifications.freeze_tell").count() == 2


def trial(world: World, sam: Actor, credits: int, one: uuid.UUID, **changes: Any) -> dict[str, Any]:
    facts = {"extension_id": one, "organisation_id": world.acme.pk, "days": 10, "micro": credits * CREDIT}
    return {**facts, "reason": "Ill", "actor": sam, "now": timezone.now(), **changes}


def test_one_person_gives_no_more_alone_by_pressing_in_many_windows(world: World, sam: Actor) -> None:
    User.objects.create_superuser("ruth@nosana-web.example", "x")
    ids = [uuid.UUID(int=1 + n // 2) for n in range(8)]  # each twice
    facts = trial(world, sam, 40, ids[0])
    results = at_once(8, lambda n: trial_extend(**{**facts, "extension_id": ids[n]}))
    assert {type(result) for result in results} == {TrialExtension}
    assert TrialExtension.objects.count() == 4
    assert TrialExtension.objects.filter(granted_at__isnull=False).count() == 2
    assert wallet(world.acme.pk).available_micro == 80 * CREDIT


@pytest.mark.parametrize("longer_first", [True, False])
def test_a_trial_is_made_longer_or_expires_and_never_both(world: World, sam: Actor, longer_first: bool) -> None:
    trial_extend(**trial(world, sam, 5, uuid.UUID(int=1)))
    over = Lot.objects.get().expires_at
    assert over is not None

    def extend() -> TrialExtension:
        return trial_extend(**trial(world, sam, 0, uuid.UUID(int=2), now=over - timedelta(seconds=1)))

    def expire() -> int:
        return lots_expire(now=over)

    with transaction.atomic():
        extend() if longer_first else expire()
        other = begun(expire if longer_first else extend)
        assert not other.done()
    if longer_first:
        assert other.result(60) == 0
        assert wallet(world.acme.pk).available_micro == 5 * CREDIT
    else:
        with pytest.raises(AppError, match="Nothing is left of a trial"):
            other.result(60)
        assert (wallet(world.acme.pk).available_micro, acts("trial.extended")) == (0, 1)


def cap(world: World, sam: Actor, credits: int) -> Any:
    facts = {"organisation_id": world.acme.pk, "level": "organisation", "subject_id": "", "period": "month"}
    limit = credits * CREDIT
    return staff_cap_set(**facts, limit_micro=limit, reason="Asked", actor=sam, now=timezone.now())


def test_a_cap_that_a_colleague_lowers_meanwhile_is_not_raised_again(world: World, sam: Actor) -> None:
    cap(world, sam, 5_000)
    with transaction.atomic():
        cap(world, sam, 100)
        other = begun(lambda: cap(world, sam, 4_000))  # lower than what it was, far above what it is now
        assert not other.done()
    with pytest.raises(Conflict):
        other.result(60)
    assert Cap.objects.get().limit_micro == 100 * CREDIT


def test_eight_who_set_the_same_at_once_set_it_once(world: World, sam: Actor) -> None:
    ceilings = {
        "allowance_id": uuid.uuid4(), "organisation_id": world.acme.pk, "currency": "EUR", "once_minor": 5_000,
        "day_minor": 5_000, "week_minor": 9_000, "until": None, "reason": "Known", "actor": sam, "now": timezone.now(),
    }  # fmt: skip
    results = at_once(8, lambda n: cap(world, sam, 50) if n % 2 else allowance_give(**ceilings))  # type: ignore[arg-type]
    assert {type(result) for result in results} == {Cap, Allowance}
    assert (acts("cap.set"), Allowance.objects.count()) == (1, 1)
    assert Event.objects.filter(type="support.changed").count() == 2


def test_what_several_send_again_at_once_goes_once(world: World, sam: Actor) -> None:
    mail = Mail.objects.create(key="k", to=world.olga.email, subject="Hello", text="x")
    Mail.objects.update(created_at=timezone.now() - timedelta(hours=1))
    address = EmailAddress.objects.create(user=world.mia, email="mia@new.example", verified=False)
    things = [f"mail:{mail.pk}", f"address:{address.pk}"]
    facts = {"organisation_id": world.acme.pk, "reason": "Asked", "actor": sam, "now": timezone.now()}
    results = at_once(8, lambda n: thing_send(what=things[n % 2], **facts))
    assert sum(isinstance(result, Conflict) for result in results) == 3
    assert Message.objects.filter(name="core.mail_deliver", payload__mail_id=mail.pk).count() == 1
    assert Mail.objects.filter(to="mia@new.example").count() == 1
    assert (acts("mail.resent"), acts("address.proof_sent")) == (1, 1)


def shift(job: Job, slug: str) -> bool:
    market = Market.objects.get(slug=slug)
    facts = {"agreed_micro": CREDIT, "reason": "Ticket 7", "now": timezone.now()}
    return job_shift(job_id=job.pk, market_id=market.pk, **facts)


def test_of_two_markets_that_staff_choose_at_once_one_gets_the_job(waiting: Job) -> None:
    slugs = ["nvidia-4090", "nvidia-a100-80gb"] * 2
    results = at_once(4, lambda n: shift(waiting, slugs[n]))
    assert sum(result is True for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 2  # who chose the other one
    assert waiting.wants.filter(kind=Want.Kind.STOP).count() == 1
    job = withdrawn(waiting)
    assert (job.market.slug, job.attempts.count()) == (slugs[results.index(True)], 2)


def test_a_move_waits_for_the_node_that_takes_the_job_and_is_refused(waiting: Job) -> None:
    with transaction.atomic():
        job_run(waiting, timezone.now())
        moved = begun(lambda: shift(waiting, "nvidia-4090"))
        assert not moved.done()
    with pytest.raises(Conflict, match="this one is running"):
        moved.result(60)
    attempt = fresh(waiting).attempt
    assert attempt is not None
    assert (attempt.ending, attempt.move_to, waiting.wants.filter(kind=Want.Kind.STOP).count()) == ("", None, 0)


def test_a_member_who_stops_what_staff_move_stops_it_for_good(world: World, waiting: Job) -> None:
    mia = member(world.mia)
    with transaction.atomic():
        shift(waiting, "nvidia-4090")
        stopped = begun(lambda: job_stop(membership=mia, job=waiting, now=timezone.now()))
        assert not stopped.done()
    stopped.result(60)
    job = withdrawn(waiting)
    assert (job.state, job.reason, job.attempts.count()) == (State.STOPPED, Reason.STOP_REQUESTED, 1)
    assert waiting.wants.filter(kind=Want.Kind.STOP).count() == 1


def do(act: Callable[..., object], facts: dict[str, Any]) -> None:
    """Do the act, in whichever process."""
    act(**facts)


@pytest.mark.parametrize("name", ["freeze", "trial", "cap", "allowance", "move", "end"])
def test_an_act_that_dies_in_the_middle_has_done_nothing_and_is_done_whole_by_the_next(
    world: World, sam: Actor, waiting: Job, name: str
) -> None:
    pressed, key = Pressed(waiting.pk, "Ticket 7", uuid.uuid4(), sam, timezone.now()), uuid.uuid4()
    money = {"organisation_id": world.acme.pk, "reason": "Asked", "actor": sam, "now": timezone.now()}
    act, facts = {
        "freeze": (organisation_freeze, freezing(world, sam)),
        "trial": (trial_extend, trial(world, sam, 5, key)),
        "cap": (
            staff_cap_set,
            {**money, "level": "organisation", "subject_id": "", "period": "month", "limit_micro": CREDIT},
        ),
        "allowance": (
            allowance_give,
            {**money, "allowance_id": key, "currency": "EUR", "until": None}
            | {"once_minor": 500, "day_minor": 500, "week_minor": 900},
        ),
        "move": (job_move_now, {"pressed": pressed, "market": "nvidia-4090", "agreed_micro": CREDIT}),
        "end": (job_end_now, {"pressed": pressed}),
    }[name]
    before = contents()
    for statement in (3, 7, 13, 21, 31, 45, 60, 80, 100):
        if killed_at(statement, do, act, facts):
            break
        assert changed(before) == [], f"killed before statement {statement}"
    assert statement > 3
    after = contents()
    assert {"organisations_auditevent", "core_staffact"} <= set(changed(before))
    do(act, facts)
    assert changed(after) == []
