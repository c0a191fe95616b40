"""What the network publishes is taken as it is."""

import copy
import json

import pytest
from nosana.spec import definition_parse, definition_read, definition_validate

from sdk.tests.spec.shapes import SHAPES


@pytest.mark.parametrize("name", SHAPES)
def test_a_published_shape_is_a_definition_as_it_stands(name: str) -> None:
    definition = copy.deepcopy(SHAPES[name])
    assert definition_validate(definition) == []
    assert definition_read(json.dumps(definition)) == definition
    assert definition_parse(definition).ops
    assert definition == SHAPES[name]
