"""A filter for sentences that are kept in English."""

from django import template

from apps.core import retelling

register = template.Library()


@register.filter
def retold(sentence: str | None) -> str:
    """Show a kept sentence in the language of the page."""
    return retelling.retold(str(sentence)) if sentence else ""
