"""Tags for the frame: icons, classes on form fields, and what a role may."""

import re
from functools import cache, lru_cache

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, RadioSelect, Select
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import money
from apps.core.lists import Listing
from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.users.models import SavedView, User
from apps.users.selectors import views_of

register = template.Library()
LONG_NAME = re.compile(r"\b[1-9A-HJ-NP-Za-km-z]{40,}\b")  # base58, as the network writes its names


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon of the sprite; with a label it speaks, without one it is decoration."""
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, _sprite(), name
        )
    return _decoration(name)


@cache
def _sprite() -> str:
    return static("vendor/icons.svg")


@lru_cache(maxsize=512)
def _decoration(name: str) -> SafeString:
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', _sprite(), name)


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Return the languages of the platform by code, each named as those who speak it call it."""
    return list(settings.LANGUAGES)


@register.simple_tag(takes_context=True)
def saved_views(context: Context, listing: Listing) -> list[SavedView]:
    """Return the person's saved views of the list in the organisation of the page: one query."""
    membership: Membership = context["membership"]
    user: User = context["request"].user
    return views_of(user, area=listing.table.area, place=membership.organisation_id)


@register.filter
def control(field: BoundField, below: str = "") -> SafeString:
    """Render a form field's widget with the frame's classes; errors and help are tied to it for screen readers.

    `below` is the label that is seen above it: a placeholder that only repeats it is left out.
    """
    widget = field.field.widget
    kind = "form-control"
    if isinstance(widget, CheckboxInput | RadioSelect):
        kind = "form-check-input"
    elif isinstance(widget, Select):
        kind = "form-select"
    classes = [widget.attrs.get("class", ""), kind, "is-invalid" if field.errors else ""]
    attrs: dict[str, str | bool] = {"class": " ".join(c for c in classes if c)}
    if below and str(widget.attrs.get("placeholder", "")) == str(below):
        attrs["placeholder"] = False
    return field.as_widget(attrs=attrs)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Return whether the field is a single checkbox."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def may(membership: Membership, permission: str) -> bool:
    """Return whether the member's role allows the act ("keys.manage"). Raises ValueError for an unknown one."""
    return membership.may(Permission(permission))


@register.filter
def short(text: str, keep: int = 4) -> str:
    """Shorten an address or signature to its two ends ("7Xk2…9dQp")."""
    return text if len(text) <= 2 * keep + 3 else f"{text[:keep]}…{text[-keep:]}"


@register.filter
def tidy(sentence: str) -> str:
    """Shorten the addresses, signatures and CIDs inside a sentence."""
    return LONG_NAME.sub(lambda found: short(found.group(), 6), sentence)


@register.filter
def initial(text: object) -> str:
    """Return the first letter, as a sign for a person or an organisation."""
    return str(text)[:1].upper()


@register.filter
def credits_short(micro: int) -> str:
    """Show micro-NOS as credits with two decimals, rounded down; what is less than 0.01 is shown whole."""
    whole = int(micro) // 10_000 * 10_000
    return money.credits_text(whole, places=2) if whole or not micro else money.credits_text(int(micro))


@register.filter
def credits_full(micro: int | None) -> str:
    """Show micro-NOS as credits with all six decimals, so that columns align; nothing as "0"."""
    return money.credits_text(int(micro), places=6) if micro else "0"
