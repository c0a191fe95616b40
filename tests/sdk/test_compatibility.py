"""The platform takes the network's published definitions as they are, and keeps them so."""

import copy
from collections.abc import Callable

import pytest

from apps.jobs.definitions import definition_check
from apps.jobs.models import Job
from sdk.tests.spec.shapes import SHAPES
from tests.jobs.conftest import market, mia, rich, submit  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", SHAPES)
def test_a_published_shape_is_launched_as_it_stands(name: str, submit: Callable[..., Job]) -> None:  # noqa: F811
    definition = copy.deepcopy(SHAPES[name])
    definition_check(definition)
    job = submit(definition=definition)
    assert Job.objects.get(pk=job.pk).definition == SHAPES[name]
