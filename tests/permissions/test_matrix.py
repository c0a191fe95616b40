"""Every route × everybody: who is let in, who is turned away, and that whoever is turned away changed nothing.

The table is apps/console/access.py; what its addresses name is made in things.py.
"""

from collections.abc import Iterator
from io import StringIO
from itertools import cycle
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from apps.console.access import ROUTES
from apps.console.access_kinds import Own
from apps.console.management.commands.permission_matrix import matrix_replace
from apps.organisations.roles import Permission
from apps.organisations.services.keys import SCOPES
from tests.permissions.routes import METHODS, Route, routes
from tests.permissions.stage import ROLES, Stage, answered, needs, verdict
from tests.permissions.tables import changed, contents

pytestmark = pytest.mark.django_db
ALL = routes()
GARBAGE = ("x" * 4000, "🦄", "%00", "..%2f..", "' OR 1=1 --", "-1", "999999999999999999999", "null")
ODD = ("x" * 4000, "🦄 '--", "-999999999999999999999", "a%00b")
QUESTIONS = (
    "q",
    "before",
    "after",
    "page",
    "state",
    "kind",
    "act",
    "person",
    "subject",
    "since",
    "until",
    "cursor",
    "limit",
    "tail",
    "again",
    "amount",
    "currency",
    "month",
    "from",
    "to",
    "by",
    "cap",
    "budget",
)
NOT_BY_SERVICE_KEYS = {
    ("organisations_api:keys", "POST"): "what is sent asks for a personal key, and a service key is nobody's",
    ("organisations_api:approval_withdraw", "POST"): "only whoever asked takes the question back",
    ("payments_api:automatic", "PUT"): "a person answers for what a card pays by itself",
    ("payments_api:topups", "POST"): "a person goes to pay it",
    ("organisations_api:member_remove", "POST"): "who may be removed depends on the role of who removes",
    ("organisations_api:invitations", "POST"): "an invitation says who invites",
    ("organisations_api:invitations_many", "POST"): "an invitation says who invites",
    ("organisations_api:invitation_resend", "POST"): "whoever sends it stands for it",
    ("organisations_api:invitation_revoke", "POST"): "a person stands for it",
    ("billing_api:caps", "PUT"): "a raise may wait for an approval, and that is asked by a person",
    ("billing_api:cap", "DELETE"): "as above",
    ("billing_api:budgets", "PUT"): "a person stands for it",
    ("billing_api:budget", "DELETE"): "a person stands for it",
    ("billing_api:balance_alert", "PUT"): "a person stands for it",
    ("billing_api:moves", "POST"): "a person stands for it",
    ("billing_api:invoice_send", "POST"): "a person stands for it",
    ("support_api:tickets", "POST"): "our staff answer a person",
    ("support_api:ticket_reply", "POST"): "as above",
    ("support_api:feedback", "POST"): "as above",
    ("support_api:visit_revoke", "POST"): "a person stands for it",
    ("jobs_api:jobs", "POST"): "a job is somebody's: whose caps bind it, and who is told of it",
    ("jobs_api:restart", "POST"): "as above",
    ("notifications_api:notices_read", "POST"): "what is read is a person's",
    ("notifications_api:notice_read", "POST"): "as above",
    ("notifications_api:choices", "GET"): "choices are a person's",
    ("notifications_api:choices", "PATCH"): "as above",
    ("jobs_api:note", "PATCH"): "only who wrote a note changes it",
    ("jobs_api:note", "DELETE"): "only who wrote a note deletes it",
    ("jobs_api:stop", "POST"): "the timeline says who stopped it",
}
MEMBERS = [route for route in ALL if "slug" in route.kwargs]
every_route = pytest.mark.parametrize("route", ALL, ids=str)
every_route_of_an_organisation = pytest.mark.parametrize("route", MEMBERS, ids=str)


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """The cast and their things, for all tests here: each takes back what it changes."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Stage.build(ALL)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _nobody_outside(settings: Settings) -> None:
    """No test here reaches anything outside this machine."""
    settings.STRIPE_API_URL = "http://127.0.0.1:9"


@every_route
def test_a_route_has_an_entry(route: Route) -> None:
    assert route.name in ROUTES, f'{route.pattern}: add "{route.name}": {{…}} to apps/console/access.py'


def test_an_entry_has_a_route() -> None:
    assert sorted(set(ROUTES) - {route.name for route in ALL}) == []


@every_route
def test_everybody_is_answered_as_the_table_says(stage: Stage, route: Route) -> None:
    acme = stage.world.acme
    path, body = route.path(stage.values(route, acme)), stage.body(route, acme)
    for method, access in ROUTES.get(route.name, {}).items():
        before = contents()
        for who in stage.clients:
            expected = verdict(who, access)
            ask = stage.ask if expected == "let in" else stage.tell
            answer = ask(who, method, path, body)
            told = f"{who}: {method} {path} (needs {needs(access)}) answered {answer.status_code}"
            assert answered(answer, method) == expected or (
                expected == "turned away" and answer.status_code == 403
            ), told
            if expected == "404" and who not in ROLES:
                assert b"Acme" not in answer.content, told  # type: ignore[attr-defined]
        assert changed(before) == [], f"{method} {path} was refused and yet changed"


@pytest.mark.parametrize("route", [route for route in MEMBERS if route.api], ids=str)
def test_a_key_opens_what_its_scopes_say_in_its_own_organisation(stage: Stage, route: Route) -> None:
    acme, everything = stage.world.acme, [scope.value for scope in SCOPES]
    path, body = route.path(stage.values(route, acme)), stage.body(route, acme)
    whole, foreign = stage.program(acme, everything), stage.program(stage.world.other, everything)
    stage.clients["forged"] = Client(headers={"Authorization": "Bearer nos_sandbox_forged"})
    for method, access in ROUTES.get(route.name, {}).items():
        needed = access.permission if isinstance(access, Own) else access
        assert isinstance(needed, Permission), "an address of an organisation needs a permission"
        lacking = stage.program(acme, [scope for scope in everything if scope != needed.value])
        expected = "403" if (route.name, method) in NOT_BY_SERVICE_KEYS else "let in"
        assert answered(stage.ask(whole, method, path, body), method) == expected, f"{method} {path}"
        before = contents()
        for who, status in ((lacking, 403), (foreign, 404), ("forged", 401)):
            answer = stage.tell(who, method, path, body)
            assert answer.status_code == status, f"{who}: {method} {path} answered {answer.status_code}"
        assert changed(before) == [], f"{method} {path} was refused and yet changed"


@every_route
def test_a_method_that_is_not_in_the_table_is_refused(stage: Stage, route: Route) -> None:
    path = route.path(stage.values(route, stage.world.acme))
    for method in METHODS:
        if method not in ROUTES.get(route.name, {method: None}):
            assert stage.ask("olga", method, path).status_code == 405, f"{method} {path}"


@every_route_of_an_organisation
def test_what_another_organisation_has_is_not_found_from_here(stage: Stage, route: Route) -> None:
    acme, other = stage.world.acme, stage.world.other
    here, there = stage.values(route, acme), stage.values(route, other)
    foreign = [there] + [here | {kwarg: there[kwarg]} for kwarg in route.kwargs if kwarg != "slug"]
    for method in ROUTES.get(route.name, {}):
        before = contents()
        for values in foreign:
            answer = stage.tell("olga", method, route.path(values), stage.body(route, acme))
            assert answer.status_code == 404, f"{method} {route.path(values)} answered {answer.status_code}"
        if method != "GET" and stage.body(route, acme):
            answer = stage.tell("olga", method, route.path(here), stage.body(route, other))
            assert 400 <= answer.status_code < 500, f"{method} {route.path(here)} took what is Xenon's"
        assert changed(before) == [], f"{method} {route.name} changed"


@every_route_of_an_organisation
def test_nonsense_in_an_address_is_not_found(stage: Stage, route: Route) -> None:
    values = stage.values(route, stage.world.acme)
    marks = {kwarg: f"mark{number}mark" for number, kwarg in enumerate(route.kwargs)}
    pattern = "/" + route.pattern
    for kwarg in route.kwargs:
        start, _, rest = pattern.partition(f":{kwarg}>")
        pattern = start.rpartition("<")[0] + marks[kwarg] + rest
    methods = cycle(ROUTES.get(route.name, {}))  # each is asked several times: there are more kinds of nonsense
    for kwarg in route.kwargs if route.name in ROUTES else ():
        for nonsense, method in zip(GARBAGE, methods, strict=False):
            path = pattern.replace(marks[kwarg], nonsense)
            for other, mark in marks.items():
                path = path.replace(mark, str(values[other]))
            answer = stage.ask("olga", method, path, stage.body(route, stage.world.acme))
            assert answer.status_code == 404, f"{method} {path[:80]} answered {answer.status_code}"


@pytest.mark.parametrize("part", range(len(ODD)))
def test_nonsense_in_a_question_is_no_crash(stage: Stage, part: int) -> None:
    asked = [route for route in ALL if "GET" in ROUTES.get(route.name, {})]
    for number, route in enumerate(asked[part :: len(ODD)]):  # each sort of nonsense, in turn
        path = route.path(stage.values(route, stage.world.acme))
        nonsense = ODD[(part + number) % len(ODD)]
        query = "&".join(f"{name}={nonsense.replace(' ', '+')}" for name in QUESTIONS)
        answer = stage.ask("olga", "GET", f"{path}?{query}")
        refused = answer.status_code == 400 if "%00" in nonsense else answer.status_code < 500
        assert refused, f"{path}?{query[:80]} answered {answer.status_code}"


def test_the_page_about_security_shows_the_matrix_as_it_is() -> None:
    page = Path("docs/security.md")
    printed = StringIO()
    call_command("permission_matrix", stdout=printed)
    assert page.read_text() == matrix_replace(page.read_text()), (
        "run: manage.py permission_matrix --write docs/security.md"
    )
    assert printed.getvalue() in page.read_text()
