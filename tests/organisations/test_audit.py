"""The audit trail: one event per act, which nobody changes, and personal data beside it."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError

from apps.organisations.models import AuditDetail, AuditEvent
from apps.organisations.services import Actor, audit_record
from tests.organisations.trail import NOW, record
from tests.world import World


def test_creating_an_organisation_is_the_first_event(world: World) -> None:
    event = AuditEvent.objects.get(organisation=world.acme)
    assert (event.act, event.subject, event.user) == (
        "organisation.created",
        f"organisation:{world.acme.pk}",
        world.olga,
    )
    assert event.after["name"] == "Acme"
    assert event.detail.content["after"] == {"address": "", "finance_email": "olga@acme.example"}


def test_a_change_is_told_with_what_was_before_and_from_where(world: World) -> None:
    details = {"name": "Acme", "legal_name": "Acme B.V.", "country": "NL", "finance_email": "pay@acme.example"}
    details |= {"currency": "EUR", "time_zone": "UTC"}
    client = world.client(world.adam)
    for _ in range(2):  # a repeat changes nothing, so it tells nothing
        client.post("/o/acme/settings/", details, REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Firefox")
    event = AuditEvent.objects.get(act="organisation.updated")
    assert (event.before, event.after) == ({"legal_name": "Acme"}, {"legal_name": "Acme B.V."})
    assert event.detail.content == {
        "person": "Adam",
        "email": "adam@acme.example",
        "address": "203.0.113.9",
        "agent": "Firefox",
        "before": {"finance_email": "olga@acme.example"},
        "after": {"finance_email": "pay@acme.example"},
    }


def test_a_refused_change_leaves_no_event(world: World) -> None:
    world.client(world.mia).post("/o/acme/settings/", {"name": "Mine"})
    assert not AuditEvent.objects.filter(act="organisation.updated").exists()


def test_an_event_costs_two_statements(world: World, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        audit_record(
            organisation_id=world.acme.pk, actor=Actor.system(), act="cap.set", subject="cap:1", after={}, now=NOW
        )


def test_what_is_equal_on_both_sides_is_left_out_and_values_become_plain(world: World) -> None:
    event = record(
        world, before={"a": 1, "b": None}, after={"a": 1, "b": {"when": NOW, "share": 0.5}, "c": "x\x00"}
    )
    event.refresh_from_db()
    assert event.before == {"b": None}
    assert event.after == {"b": {"when": f"{NOW.date()}T12:00:00.000000Z", "share": "0.5"}, "c": "x"}


@pytest.mark.parametrize(
    ("act", "subject"), [("cap", "cap:1"), ("cap.set", "cap"), ("cap.set", "user:a@b.example")]
)
def test_an_event_of_another_shape_is_a_mistake_of_ours(world: World, act: str, subject: str) -> None:
    with pytest.raises(ValueError, match="noun.verb"):
        record(world, act, subject)


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_of_its_act_s_transaction_is_refused() -> None:
    world = World.build()
    with pytest.raises(TransactionManagementError, match="outside"):
        audit_record(organisation_id=world.acme.pk, actor=Actor.system(), act="a.b", subject="a:1", now=NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organisations_auditevent SET act = 'x.y'",
        "UPDATE organisations_auditevent SET position = 3",
        "DELETE FROM organisations_auditevent",
        "UPDATE organisations_auditdetail SET content = '{}'",
    ],
)
def test_the_database_refuses_to_change_the_trail(world: World, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only|not changed"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEvent.objects.filter(act="organisation.created").count() == 2


def test_the_personal_side_may_be_deleted(world: World) -> None:
    AuditDetail.objects.all().delete()
    assert AuditEvent.objects.count() == 2
