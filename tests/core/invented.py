"""Requests made from the reference, right and wrong ones: none ends in a 500, or in what the reference does not say.

A command of its own, not a part of `make test`: `make schemathesis EXAMPLES=20`, so many for each address.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from pytest_django import DjangoDbBlocker
from schemathesis.checks import CHECKS

from apps.console.access import ROUTES
from apps.organisations.services.keys import SCOPES
from tests.permissions.routes import Route, routes
from tests.permissions.stage import Stage

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES") or 2)
API = [route for route in routes() if route.api and route.name in ROUTES]
SCHEMA = schemathesis.openapi.from_wsgi("/docs/openapi.json", get_wsgi_application())
# What they check cannot be: a refusal is right for whatever schema allows and rules do not (caps, states, ids).
UNFIT = ("positive_data_acceptance", "ignored_auth", "use_after_free", "ensure_resource_availability")


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """The cast and their things; every request is taken back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Stage.build(API)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def token(stage: Stage) -> str:
    """The key of a program that may everything a key may."""
    name = stage.program(stage.world.acme, [scope.value for scope in SCOPES])
    return str(stage.clients[name].defaults["HTTP_AUTHORIZATION"])


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_api(case: Any, stage: Stage, token: str, settings: Any) -> None:
    settings.STRIPE_API_URL = "http://127.0.0.1:9"
    settings.API_REQUESTS_A_MINUTE = 10**9
    _name_real_things(case, stage)
    with transaction.atomic():
        response = case.call(headers={"Authorization": token})
        transaction.set_rollback(True)
    excluded = [check for check in CHECKS.get_all() if check.__name__ in UNFIT]
    case.validate_response(response, excluded_checks=excluded)


def _name_real_things(case: Any, stage: Stage) -> None:
    """Put things of Acme's into the address, so that requests come further than 404."""
    made = case.path_parameters or {}
    for route in API:
        if set(route.kwargs) == set(made) and _same(route, case.operation.path):
            values = stage.values(route, stage.world.acme)
            case.path_parameters = {kwarg: str(values[kwarg]) for kwarg in route.kwargs}


def _same(route: Route, path: str) -> bool:
    pattern = "/" + route.pattern
    for kwarg in route.kwargs:
        start, _, rest = pattern.partition(f":{kwarg}>")
        pattern = start.rpartition("<")[0] + "{" + kwarg + "}" + rest
    return pattern == path
