"""What a form of a page makes of a body, so that pages and programs are refused alike."""

from typing import Any

from django.forms import BaseForm
from rest_framework.exceptions import ValidationError


def form_read(form: BaseForm) -> dict[str, Any]:
    """Return the cleaned fields of a bound form. Raises ValidationError, field by field."""
    if not form.is_valid():
        raise ValidationError({field: [str(one) for one in sentences] for field, sentences in form.errors.items()})
    return dict(form.cleaned_data)
