"""The client against the platform itself."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from nosana import Nosana
from nosana.client import Denied, IdempotencyKeyReused, Invalid, NotFound, Unauthenticated

from apps.billing.models import Lot
from apps.billing.services import lot_grant, wallet_open
from apps.jobs.models import Market
from apps.notifications.services import event_emit
from apps.organisations.roles import Permission
from tests.world import World

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Sign = Callable[..., Nosana]


def test_whoever_asks_is_told_who_they_are(world: World, signed_in: Sign) -> None:
    found = signed_in(world.olga).whoami()
    assert found.user is not None
    assert found.user.email == "olga@acme.example"
    assert [place.slug for place in found.organisations] == [world.acme.slug]


def test_a_project_is_made_once_however_often_it_is_sent(world: World, signed_in: Sign) -> None:
    client = signed_in(world.olga)
    first, second = (client.projects.create("Vision", labels={"a": "b"}, idempotency_key="one") for _ in range(2))
    assert first.id == second.id
    assert client.projects.get(first.slug).labels == {"a": "b"}
    with pytest.raises(IdempotencyKeyReused):
        client.projects.create("Other", idempotency_key="one")
    assert client.projects.update(first.slug, archived=True).archived_at is not None
    assert [one.slug for one in client.projects.list(archived=True)] == [first.slug]


def test_lists_of_the_platform_are_walked_over_their_pages(world: World, signed_in: Sign) -> None:
    client = signed_in(world.olga)
    for number in range(5):
        client.projects.create(f"P{number}")
    listed = client.projects.list()
    listed._size = 2
    assert len({one.slug for one in listed}) == 6


def test_people_are_invited_and_seen(world: World, signed_in: Sign) -> None:
    client = signed_in(world.olga)
    made = client.invitations.create("new@acme.example", role="developer")
    assert [one.id for one in client.invitations.list()] == [made.id]
    assert client.invitations.revoke(made.id).state == "revoked"
    member = next(one for one in client.members.list() if one.email == "victor@acme.example")
    assert client.members.update(member.id, role="billing").role == "billing"
    assert client.members.get(member.id).projects is None


def test_a_key_is_shown_once_and_ends(world: World, signed_in: Sign) -> None:
    client = signed_in(world.olga)
    made = client.keys.create("CI", scopes=["jobs.view"], expires_at=datetime.now(UTC) + timedelta(days=1))
    assert made.key is not None
    assert client.keys.get(made.id).key is None
    ended = client.keys.revoke(made.id)
    assert ended.revoked_at is not None


def test_money_is_read_in_its_units(world: World, signed_in: Sign) -> None:
    wallet_open(world.acme.pk)
    lot_grant(
        organisation_id=world.acme.pk,
        kind=Lot.Kind.PROMOTIONAL,
        micro=5_000_000,
        key="tests",
        now=NOW,
        expires_at=NOW + timedelta(days=3650),
    )
    client = signed_in(world.olga)
    assert client.balance.get().available_micro == 5_000_000
    assert client.lots.list().first().remaining_micro == 5_000_000  # type: ignore[union-attr]
    assert client.transfers.list().first().amount_micro == 5_000_000  # type: ignore[union-attr]
    assert client.holds.list().all() == client.invoices.list().all() == client.statements.list().all() == []
    assert client.usage.get(by="market").items == []
    assert client.usage.csv().startswith(b"\xef\xbb\xbf") or b"," in client.usage.csv()


def test_limits_are_set_with_the_key_of_a_person(world: World, signed_in: Sign) -> None:
    client = signed_in(world.olga)
    made = client.caps.set(level="organisation", period="day", limit_micro=7)
    assert client.caps.list().first().left_micro == 7  # type: ignore[union-attr]
    assert made.id is not None
    client.caps.remove(made.id)
    client.budgets.set(level="organisation", period="month", limit_micro=9, people=["olga@acme.example"])
    assert client.budgets.list().first().people == ["olga@acme.example"]  # type: ignore[union-attr]


def test_markets_are_read(world: World, signed_in: Sign) -> None:
    Market.objects.create(address="M" * 44, slug="gpu", name="GPU", price_micro=43, open=True)
    client = signed_in(world.mia, Permission.JOBS_VIEW)
    assert [market.price_micro for market in client.markets.list()] == [43]
    with pytest.raises(NotFound):
        client.markets.get("none")


def test_webhooks_are_set_up_and_events_are_read(world: World, signed_in: Sign) -> None:
    client = signed_in(world.olga)
    made = client.webhooks.create("https://acme.example/hook", types=["job.completed"])
    assert made.secret is not None
    assert client.webhooks.get(made.id).types == ["job.completed"]
    fact = {"name": "Hello", "state": "completed"}
    event_emit(organisation_id=world.acme.pk, type="job.completed", subject="job:1", key="k", data=fact, now=NOW)
    assert [one.subject for one in client.webhooks.events()] == ["job:1"]
    assert client.webhooks.deliveries(made.id).first().event.type == "job.completed"  # type: ignore[union-attr]
    assert {kind.name for kind in client.webhooks.event_types()} >= {"job.completed"}
    client.webhooks.remove(made.id)
    assert client.webhooks.list().all() == []


def test_the_trail_is_read(world: World, signed_in: Sign) -> None:
    client = signed_in(world.olga)
    client.projects.create("Vision")
    event = client.audit.list(act="project").first()
    assert event is not None
    assert client.audit.get(event.id).act == event.act


def test_refusals_of_the_platform_are_classes(world: World, signed_in: Sign) -> None:
    with pytest.raises(Denied):
        signed_in(world.mia, Permission.ORGANISATION_VIEW).projects.create("No")
    with pytest.raises(NotFound):
        signed_in(world.xena, organisation=world.acme.slug).balance.get()
    with pytest.raises(Invalid) as caught:
        signed_in(world.olga).projects.create("")
    assert "name" in caught.value.fields
    client = signed_in(world.olga)
    client._core.settings = type(client._core.settings)(
        **{**vars(client._core.settings), "key": "nos_sandbox_wrong"}
    )
    with pytest.raises(Unauthenticated):
        client.whoami()


def test_what_has_no_name_can_be_asked_too(world: World, signed_in: Sign) -> None:
    client = signed_in(world.olga)
    assert client.request("GET", "balance") == {"available_micro": 0, "held_micro": 0, "frozen_micro": 0}
    assert json.dumps(client.request("GET", "/whoami"))
