"""What a job's hold says to billing: whose caps bind it, what reports know of it, how long it is needed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from apps.billing.errors import CapReached
from apps.billing.models import Cap, Hold
from apps.billing.services import cap_set, holds_sweep
from apps.jobs.models import Job, Want
from apps.jobs.selectors import hold_needed
from apps.jobs.services import Spender, attempt_repriced
from apps.notifications.models import Event
from apps.notifications.words import notice_words
from apps.organisations.models import ApiKey
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get
from apps.organisations.services import Actor
from tests.jobs.conftest import NOW, PRICE, attempt_of
from tests.world import World


def cap_of(world: World, *, micro: int, now: datetime = NOW) -> Cap:
    """Cap what Acme holds in a month."""
    return cap_set(
        membership=membership_get(world.bea, "acme", Permission.CAPS_MANAGE),
        actor=Actor.person(world.bea),
        level="organisation",
        subject_id="",
        period="month",
        limit_micro=micro,
        now=now,
    )


def test_a_cap_refuses_the_job_and_nothing_is_left_of_it(submit: Callable[..., Job], rich: World) -> None:
    cap_of(rich, micro=10)
    with pytest.raises(CapReached):
        submit()
    assert (Job.objects.count(), Hold.objects.count(), Want.objects.count()) == (0, 0, 0)


def test_a_refusing_cap_is_told_once_a_window_to_those_who_set_caps(
    submit: Callable[..., Job], rich: World
) -> None:
    cap = cap_of(rich, micro=10)
    for key, now in (("a", NOW), ("b", NOW), ("c", NOW + timedelta(days=40))):
        with pytest.raises(CapReached):
            submit(submission_key=key, now=now)
    told = list(Event.objects.filter(type="cap.refused").order_by("sequence"))
    assert [event.subject for event in told] == [f"cap:{cap.pk}"] * 2
    assert (told[0].audience, told[0].data["left_micro"]) == (Permission.CAPS_MANAGE, 10)
    assert notice_words(told[0])[0] == "The cap of Acme refused a job"


def test_a_cap_per_job_tells_only_whoever_launches(submit: Callable[..., Job], rich: World) -> None:
    Cap.objects.filter(pk=cap_of(rich, micro=10).pk).update(period="job")
    with pytest.raises(CapReached):
        submit()
    assert not Event.objects.filter(type="cap.refused").exists()


def test_the_hold_knows_who_spends_and_on_what(submit: Callable[..., Job], rich: World) -> None:
    key = ApiKey.objects.create(organisation=rich.acme, name="ci", prefix="nos_ci", digest="x", created_at=NOW)
    submit(spender=Spender(key.pk, "primes"))
    hold = Hold.objects.get()
    assert (hold.member, hold.project, hold.api_key) == (rich.mia, rich.project, key)
    assert hold.dimensions == {"market": "gpu", "template": "primes"}
    assert hold.expires_at == NOW + timedelta(seconds=600, days=7)


def test_a_job_needs_its_hold_until_its_money_is_settled(submit: Callable[..., Job]) -> None:
    source = attempt_of(submit()).hold_source
    later = NOW + timedelta(days=30)
    assert holds_sweep(now=later) == 0
    assert Hold.objects.get().state == "open"
    assert (hold_needed(source=source), hold_needed(source="job:none:1"), hold_needed(source="rent:1")) == (
        True,
        False,
        None,
    )


def test_a_dearer_market_is_held_again_for_the_same_key_and_within_the_caps(
    submit: Callable[..., Job], rich: World
) -> None:
    key = ApiKey.objects.create(organisation=rich.acme, name="ci", prefix="nos_ci", digest="x", created_at=NOW)
    attempt = attempt_of(submit(spender=Spender(key.pk)))
    assert attempt_repriced(attempt_id=attempt.pk, price_micro=PRICE * 2, now=NOW)
    assert Hold.objects.get(state="open").api_key == key
    cap_of(rich, micro=1)
    assert not attempt_repriced(attempt_id=attempt.pk, price_micro=PRICE * 3, now=NOW)
    assert not Hold.objects.filter(state="open").exists()
