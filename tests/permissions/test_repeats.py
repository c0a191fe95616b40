"""Every POST of the API × a repeat: with the same Idempotency-Key it does nothing again and answers the same."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from pytest_django import DjangoDbBlocker

from apps.console.access import ROUTES
from tests.jobs.recipes import FACTS
from tests.permissions.routes import Route, routes
from tests.permissions.stage import Stage
from tests.permissions.tables import changed, contents

pytestmark = pytest.mark.django_db
POSTS = [route for route in routes() if route.api and "POST" in ROUTES.get(route.name, {})]
SHOWN_ONCE = ("key", "secret")
NOT_TRIED = {
    "payments_api:topups": "Stripe would be asked",
    "notifications_api:webhook_replay": "its body is a moment, and what it counts changes",
    "organisations_api:invitations_many": "it refuses its own table once the invitations are out",
    "organisations_api:member_remove": "the member is not found any more",
    "organisations_api:domain_remove": "the domain is not found any more",
}

# What is sent where things.py says nothing, because it names no thing.
SENT: dict[str, dict[str, Any]] = {
    "payments_api:refund_ask": {"reason": "Not needed"},
    "billing_api:vouchers": {"code": "NONE-NONE-NONE"},
    "billing_api:quotes": {"currency": "EUR", "net_minor": 5_000},
    "jobs_api:extend": {"timeout_s": 7_200},
    "jobs_api:notes": {"text": "Mine"},
    "organisations_api:organisations": {"name": "Fresh", "country": "NL"},
    "support_api:ticket_reply": {"text": "And now?"},
    "support_api:feedback": {"text": "More of it"},
    "organisations_api:terms": {"version": settings.TERMS_VERSION},
    "organisations_api:approval_decide": {"decision": "deny", "round": 1},
    "organisations_api:projects": {"name": "Fresh"},
    "organisations_api:domains": {"name": "fresh.example"},
    "jobs_api:templates": FACTS,
    "jobs_api:template_versions": {**FACTS, "title": "Louder", "base": 1},
    "notifications_api:chats": {"kind": "slack", "url": "https://hooks.slack.com/services/T1/B1/x"},
    "notifications_api:webhooks": {"url": "https://hooks.acme.example/in"},
}


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """The cast and their things, for all tests here: each takes back what it changes."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Stage.build(POSTS)
        transaction.set_rollback(True)


@pytest.mark.parametrize("route", [route for route in POSTS if route.name not in NOT_TRIED], ids=str)
def test_a_repeat_with_the_same_key_does_nothing_again(stage: Stage, route: Route) -> None:
    acme, client = stage.world.acme, stage.clients["olga"]
    path, body = route.path(stage.values(route, acme)), stage.body(route, acme) or SENT.get(route.name, {})
    known = {"Idempotency-Key": "walk", "Content-Type": "application/json"}

    def ask(more: dict[str, Any] | None = None) -> Any:
        return client.post(path, body | (more or {}), content_type="application/json", headers=known)

    with transaction.atomic():
        first = ask()
        assert first.status_code != 400, f"{path}: give it a body in SENT: {first.content.decode()[:200]}"
        before = contents()
        again = ask()
        assert (again.status_code, _kept(again)) == (first.status_code, _kept(first)), first.content
        other = ask({"walk": True})
        assert 400 <= other.status_code < 500, other.content
        assert changed(before) == []
        transaction.set_rollback(True)


def _kept(answer: Any) -> Any:
    """Return an answer without what is shown once, and without the number of the request, which is another."""
    body = answer.json() if answer.content else {}
    return {name: value for name, value in body.items() if name not in (*SHOWN_ONCE, "request_id")}
