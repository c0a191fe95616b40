"""What goes when, as whoever waits for it sees it: tests at once, later events behind earlier ones."""

from datetime import timedelta

import pytest

from apps.notifications.selectors import deliveries_of
from apps.notifications.services import deliveries_replay, deliveries_send, endpoint_change, endpoint_test
from tests.notifications.receiver import Receiver
from tests.notifications.test_webhooks import NOW, hook, setup, tell
from tests.organisations.keys import actor, grant
from tests.world import World

pytestmark = pytest.mark.django_db
__all__ = ["hook"]


def test_a_test_event_goes_at_once_and_once_whatever_waits(world: World, hook: Receiver) -> None:
    endpoint = setup(world, hook.url).endpoint
    given = {"grant": grant(world.olga), "endpoint_id": endpoint.pk, "now": NOW}
    hook.answers = [500, 500]
    first, second = endpoint_test(**given), endpoint_test(**given)
    deliveries_send(now=NOW)
    assert [event.deliveries.get().state for event in (first, second)] == ["dead", "dead"]
    assert deliveries_send(now=NOW + timedelta(days=1)) == 0
    assert deliveries_replay(**given, since=NOW - timedelta(days=1), everything=False) == 0
    assert deliveries_replay(**given, since=NOW - timedelta(days=1), everything=True) == 2
    third = endpoint_test(**given)
    deliveries_send(now=NOW)
    assert third.deliveries.get().state == "delivered"


@pytest.mark.parametrize("how", ["turned on", "replayed"])
def test_what_waits_for_its_next_try_goes_at_once_when_somebody_says_that_it_is_mended(
    world: World, hook: Receiver, how: str
) -> None:
    endpoint = setup(world, hook.url).endpoint
    given = {"grant": grant(world.olga), "endpoint_id": endpoint.pk, "now": NOW}
    hook.answers = [500]
    for _ in range(2):
        tell(world)
    deliveries_send(now=NOW)
    assert deliveries_send(now=NOW) == 0
    if how == "turned on":
        for on in (False, True):
            endpoint_change(**given, actor=actor(world.olga), on=on)
    else:
        assert deliveries_replay(**given, since=NOW - timedelta(hours=1), everything=False) == 1
    deliveries_send(now=NOW)
    assert [row.state for row in deliveries_of(endpoint)] == ["delivered", "delivered"]


def test_what_waits_behind_an_earlier_event_says_so(world: World, hook: Receiver) -> None:
    endpoint = setup(world, hook.url).endpoint
    hook.answers = [500]
    for subjects in (["job:1"], ["job:1", "job:2"]):
        for subject in subjects:
            tell(world, subject)
        deliveries_send(now=NOW)
    told = [(row.subject, row.state, row.behind) for row in deliveries_of(endpoint)]
    assert told == [("job:2", "delivered", False), ("job:1", "waiting", True), ("job:1", "waiting", False)]
