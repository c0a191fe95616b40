"""Names with values as people type them: one a line, NAME=value."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext as _


def pairs_read(text: str, what: str) -> dict[str, str]:
    """Return what is written as NAME=value lines; `what` names it. Raises ValidationError that says which line."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, separator, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not separator:
            raise forms.ValidationError(
                _("Line %(number)d of the %(what)s has no “=”: write NAME=value.")
                % {"number": number, "what": what}
            )
        values[name.strip()] = value.strip()
    return values


def pairs_text(values: Mapping[str, str]) -> str:
    """Return the values as they are typed."""
    return "\n".join(f"{name}={value}" for name, value in sorted(values.items()))
