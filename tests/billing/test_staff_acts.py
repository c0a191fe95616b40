"""What staff change of an organisation's money: caps and a longer trial, some of it with a colleague's yes."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from apps.billing.models import Cap, Lot, TrialExtension
from apps.billing.selectors import wallet
from apps.billing.services import (
    goodwill_give,
    lots_expire,
    staff_cap_set,
    trial_extend,
    trial_grant,
)
from apps.billing.services.expiry import expiry_notices
from apps.core.errors import AppError, Denied
from apps.core.models import StaffAct
from apps.ledger.selectors import imbalances
from apps.notifications.models import Event
from apps.organisations.models import Approval, AuditEvent
from apps.organisations.services import Actor, approval_decide
from apps.users.models import User
from tests.billing.money import CREDIT, NOW
from tests.billing.test_trials import founded
from tests.world import World


@pytest.fixture
def sam(db: None) -> Actor:
    return Actor(kind="staff", user=User.objects.create_superuser("sam@nosana-web.example", "x", name="Sam"))


@pytest.fixture
def ruth(db: None) -> User:
    return User.objects.create_superuser("ruth@nosana-web.example", "x", name="Ruth")


def decide(approval: Approval | None, by: User) -> Approval:
    assert approval is not None
    return approval_decide(
        approval_id=approval.pk, approve=True, staff=by, actor=Actor(kind="staff", user=by), now=NOW
    )


def cap(world: World, sam: Actor, credits: int | None, **changes: Any) -> Any:
    told = {"level": "organisation", "subject_id": "", "period": "month", "reason": "They asked", **changes}
    limit = None if credits is None else credits * CREDIT
    return staff_cap_set(organisation_id=world.acme.pk, limit_micro=limit, actor=sam, now=NOW, **told)


def test_staff_set_raise_and_lower_a_cap_alone_up_to_their_limit(world: World, sam: Actor) -> None:
    for credits in (100, 100, 1_000, 50):
        assert cap(world, sam, credits).limit_micro == credits * CREDIT
    trail = AuditEvent.objects.filter(act="cap.set", actor_kind="staff")
    assert (trail.count(), StaffAct.objects.filter(act="cap.set", reason="They asked").count()) == (3, 3)
    assert trail.latest("id").detail.content["after"] == {"reason": "They asked"}
    notice = Event.objects.filter(type="support.changed").latest("sequence")
    assert notice.data["sentence"] == "The cap of Acme, each month, goes from 1,000.00 credits to 50.00 credits."


@pytest.mark.parametrize("credits", [1_001, None])
def test_beyond_it_a_colleague_must_agree(world: World, sam: Actor, ruth: User, credits: int | None) -> None:
    cap(world, sam, 100)
    asked = [cap(world, sam, credits) for _ in range(2)]
    assert asked[0] == asked[1]
    assert Cap.objects.get().limit_micro == 100 * CREDIT
    with pytest.raises(Denied):
        decide(asked[0], sam.user)  # type: ignore[arg-type]
    assert decide(asked[0], ruth).state == "done"
    left = [one.limit_micro for one in Cap.objects.all()]
    assert left == ([] if credits is None else [credits * CREDIT])


def test_the_organisation_s_own_rule_binds_staff_too(world: World, sam: Actor, ruth: User) -> None:
    cap(world, sam, 10)
    world.acme.approval_cap_micro = 20 * CREDIT
    world.acme.save()
    assert isinstance(cap(world, sam, 21), Approval)


def test_a_cap_that_makes_no_sense_or_by_nobody_changes_nothing(world: World, sam: Actor) -> None:
    with pytest.raises(Denied):
        cap(world, Actor.person(world.olga), 5)
    for changes in ({"period": "year"}, {"reason": ""}, {"level": "x"}, {"level": "project", "subject_id": "x"}):
        with pytest.raises(AppError):
            cap(world, sam, 5, **changes)
    assert cap(world, sam, None) is None
    assert not Cap.objects.exists()


def extend(organisation_id: uuid.UUID, sam: Actor, days: int, credits: int = 0, **changes: Any) -> TrialExtension:
    told = {"extension_id": uuid.uuid4(), "reason": "Ill for two weeks", "now": NOW, **changes}
    return trial_extend(organisation_id=organisation_id, days=days, micro=credits * CREDIT, actor=sam, **told)


def test_what_is_left_of_a_trial_lasts_longer(settings: Any, sam: Actor) -> None:
    settings.TRIAL_CREDITS, settings.TRIAL_DAYS = 10, 30
    organisation = founded("ann@acme-trials.example")
    lot = trial_grant(organisation_id=organisation.pk, now=NOW)
    assert lot is not None
    later = NOW + timedelta(days=25)
    assert expiry_notices(now=later) == 1
    one = uuid.uuid4()
    for _ in range(2):
        extend(organisation.pk, sam, 20, extension_id=one, now=later)
    lot.refresh_from_db()
    assert lot.expires_at == later + timedelta(days=20)
    assert lots_expire(now=NOW + timedelta(days=31)) == 0
    assert wallet(organisation.pk).available_micro == 10 * CREDIT
    assert [expiry_notices(now=later + timedelta(days=15)) for _ in range(2)] == [1, 0]  # told anew of the new end
    assert AuditEvent.objects.filter(act="trial.extended").count() == 1
    told = Event.objects.get(type="support.changed").data["sentence"]
    assert told == "What is left of your trial, 10.00 credits, lasts until 17 December 2026."
    assert lots_expire(now=later + timedelta(days=21)) == 10 * CREDIT
    assert not list(imbalances())


def test_a_trial_that_is_over_begins_anew_with_credits(world: World, sam: Actor) -> None:
    with pytest.raises(AppError, match="Nothing is left of a trial"):
        extend(world.acme.pk, sam, 10)
    for _ in range(2):
        extension = extend(world.acme.pk, sam, 10, 5, extension_id=uuid.UUID(int=7))
    assert extension.lot == Lot.objects.get()
    assert extend(world.acme.pk, sam, 20).granted_at == NOW  # its own lot is of the trial, too
    assert Lot.objects.get().expires_at == NOW + timedelta(days=20)
    for changes in ({"days": 0}, {"days": 367}, {"credits": -1}, {"days": 5, "reason": " "}):
        with pytest.raises(AppError):
            extend(world.acme.pk, sam, **{"days": 1, **changes})
    with pytest.raises(Denied):
        extend(world.acme.pk, Actor.person(world.olga), 10, 5)
    assert wallet(world.acme.pk).available_micro == 5 * CREDIT


@pytest.mark.parametrize(("days", "credits", "before"), [(10, 101, 0), (91, 1, 0), (10, 60, 60)])
def test_much_of_a_trial_takes_a_colleague(
    world: World, sam: Actor, ruth: User, days: int, credits: int, before: int
) -> None:
    if before:
        goodwill_give(
            goodwill_id=uuid.uuid4(), organisation_id=world.acme.pk, micro=before * CREDIT, credit_days=None,
            reason="x", actor=sam, now=NOW,
        )  # fmt: skip
    extension = extend(world.acme.pk, sam, days, credits)
    assert (extension.granted_at, wallet(world.acme.pk).available_micro) == (None, before * CREDIT)
    assert decide(extension.approval, ruth).state == "done"
    assert wallet(world.acme.pk).available_micro == (before + credits) * CREDIT
    assert Approval.objects.get().outcome == f"trial:{extension.pk}"
