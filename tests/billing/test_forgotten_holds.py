"""Holds that nobody ended: asked about, and released only when they are not needed."""

from datetime import timedelta

import pytest

from apps.billing.errors import HoldUnknown
from apps.billing.models import Hold
from apps.billing.services import hold_expire, hold_settle, holds_sweep
from tests.billing.limits import spend
from tests.billing.money import CREDIT, NOW, grant
from tests.world import World

DUE = NOW + timedelta(days=8)


@pytest.fixture(autouse=True)
def _rich(world: World) -> None:
    grant(world.acme, 100)


def test_a_hold_without_its_job_is_released(world: World) -> None:
    spend(world, 30, source="job:gone:1", expires_at=DUE)
    assert holds_sweep(now=DUE) == 1
    hold = Hold.objects.get()
    assert (hold.state, hold.reason, hold.ended_at) == ("released", "nobody ended it in time", DUE)
    assert holds_sweep(now=DUE) == 0


def test_before_its_time_a_hold_is_left_alone(world: World) -> None:
    spend(world, 30, source="job:gone:1", expires_at=DUE)
    spend(world, 30, source="job:gone:2")
    assert holds_sweep(now=DUE - timedelta(seconds=1)) == 0
    assert not hold_expire(source="job:gone:2", now=DUE)


def test_a_hold_of_a_source_that_nobody_knows_stays(world: World) -> None:
    spend(world, 30, source="rent:1", expires_at=DUE)
    assert not hold_expire(source="rent:1", now=DUE)
    assert (Hold.objects.get().state, Hold.objects.get().expires_at) == ("open", DUE + timedelta(hours=1))


def test_a_hold_that_was_settled_meanwhile_stays_settled(world: World) -> None:
    spend(world, 30, source="job:gone:1", expires_at=DUE)
    hold_settle(source="job:gone:1", network_micro=CREDIT, seconds=1, now=NOW)
    assert not hold_expire(source="job:gone:1", now=DUE)
    assert Hold.objects.get().state == "settled"


def test_a_hold_that_cannot_be_looked_at_keeps_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    spend(world, 30, source="job:broken:1", expires_at=DUE - timedelta(days=1))
    spend(world, 30, source="job:gone:1", expires_at=DUE)

    def asked(port: str, *, source: str) -> list[bool]:
        if source == "job:broken:1":
            raise RuntimeError("nobody can say")
        return [False]

    monkeypatch.setattr("apps.billing.services.holds.ask", asked)
    assert holds_sweep(now=DUE) == 1
    assert dict(Hold.objects.values_list("source", "state")) == {"job:broken:1": "open", "job:gone:1": "released"}


def test_an_unknown_hold_is_an_error(world: World) -> None:
    with pytest.raises(HoldUnknown):
        hold_expire(source="job:gone:1", now=DUE)
