"""Requests made from the reference, right and wrong ones: none ends in a 500, or in what the reference does not say.

`make test` makes few of each address; `make schemathesis EXAMPLES=50` makes so many, and says how many there were.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, settings
from pytest_django import DjangoDbBlocker
from schemathesis.checks import CHECKS
from schemathesis.core.parameters import ParameterLocation

from apps.console.access import ROUTES
from apps.organisations.services.keys import SCOPES
from tests.organisations.programs import signed_in
from tests.permissions.routes import Route, routes
from tests.permissions.stage import Stage
from tests.permissions.test_matrix import NOT_BY_SERVICE_KEYS

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES") or 1)
API = [route for route in routes() if route.api and route.name in ROUTES]
SCHEMA = schemathesis.openapi.from_wsgi("/docs/openapi.json", get_wsgi_application())
# A changed thing is a refusal of its own, told before the body is read.
SCHEMA.config.checks.negative_data_rejection.expected_statuses += ["412"]
PLAIN = {"Accept-Encoding": "identity"}  # what they ask WSGI with does not unpack answers
# What they check cannot be: a refusal is right for whatever schema allows and rules do not (caps, states, ids).
UNFIT = {"positive_data_acceptance", "ignored_auth", "use_after_free", "ensure_resource_availability"}
# Streams of logs read by connections of their own, which see nothing of a transaction: tests/jobs asks them.
ENDLESS = r"/log(/stream|\.txt|\.ndjson)$"
COUNTED = [check for check in CHECKS.get_all() if check.__name__ not in UNFIT]


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """The cast and their things; every request is taken back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Stage.build(API)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def tokens(stage: Stage) -> Iterator[tuple[str, str]]:
    """A key that may everything a key may, and the sign-in of the owner for what takes a person.

    Requests come through the whole WSGI application, which would close the connection around each, and with it the
    transaction of the stage.
    """
    name = stage.program(stage.world.acme, [scope.value for scope in SCOPES])
    signals = request_started, request_finished
    for signal in signals:
        signal.disconnect(close_old_connections)
    programs = stage.clients[name], signed_in(stage.world.olga).client
    yield tuple(str(one.defaults["HTTP_AUTHORIZATION"]) for one in programs)  # type: ignore[misc]
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def count(record_property: Any) -> Iterator[list[int]]:
    """Counts the requests of a test, for the sums at the end (conftest.py)."""
    made = [0]
    yield made
    record_property("invented", made[0])
    record_property("checks", made[0] * len(COUNTED))


@pytest.mark.walk
@SCHEMA.exclude(path_regex=ENDLESS).parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_api(
    case: Any, stage: Stage, tokens: tuple[str, str], count: list[int], settings: Any
) -> None:
    settings.STRIPE_API_URL = "http://127.0.0.1:9"
    settings.API_REQUESTS_A_MINUTE = 10**9
    _name_real_things(case, stage)
    token = tokens[_takes_a_person(case)]
    checks = [one for one in COUNTED if one.__name__ != "negative_data_rejection" or not _only_mended(case)]
    with transaction.atomic():
        response = case.call(headers={"Authorization": token, **PLAIN})
        transaction.set_rollback(True)
    count[0] += 1
    with transaction.atomic():  # some checks ask once more
        try:
            case.validate_response(response, checks=checks)
        finally:
            transaction.set_rollback(True)


def _name_real_things(case: Any, stage: Stage) -> None:
    """Put things of Acme's into the address, so that requests come further than 404; leave a wrong one wrong."""
    if case.meta.is_negative_at(ParameterLocation.PATH):
        return
    made = case.path_parameters or {}
    for route in API:
        if set(route.kwargs) == set(made) and _same(route, case.operation.path):
            values = stage.values(route, stage.world.acme)
            case.path_parameters = {kwarg: str(values[kwarg]) for kwarg in route.kwargs}


def _takes_a_person(case: Any) -> bool:
    """Return whether a key of nobody's is refused before anything else is looked at."""
    method = str(case.operation.method).upper()
    route = next(route for route in API if _same(route, case.operation.path))
    if route.name == "payments_api:topups":
        return False  # a person's would ask Stripe, which does not answer here (503)
    access = ROUTES[route.name].get(method)
    return (route.name, method) in NOT_BY_SERVICE_KEYS or getattr(access, "person", None) is not None


def _only_mended(case: Any) -> bool:
    """Return whether what is wrong about a request is its Authorization, which the token takes the place of."""
    wrong = [where for where, part in case.meta.components.items() if part.mode.is_negative]
    return wrong == [ParameterLocation.HEADER]


def _same(route: Route, path: str) -> bool:
    pattern = "/" + route.pattern
    for kwarg in route.kwargs:
        start, _, rest = pattern.partition(f":{kwarg}>")
        pattern = start.rpartition("<")[0] + "{" + kwarg + "}" + rest
    return pattern == path
