"""Each request is refused in its own language, whoever was refused the same before."""

import pytest
from django.utils import translation
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import CharField

from apps.core.rest import Body


class Named(Body):
    """A name of at most five characters."""

    name = CharField(max_length=5)


def refusal(language: str) -> str:
    with translation.override(language), pytest.raises(ValidationError) as refused:
        Named(data={"name": "far too long"}).read()
    return str(refused.value.detail["name"][0])


def test_a_field_is_refused_in_the_language_of_who_asks() -> None:
    said = [refusal(language) for language in ("en-gb", "de", "en-gb", "de")]
    assert said[0] == said[2] == "Ensure this field has no more than 5 characters."
    assert said[1] == said[3] != said[0]
