"""Tags for the frame: icons, and classes on form fields."""

from django import template
from django.forms import BoundField, CheckboxInput, RadioSelect, Select
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon of the sprite; with a label it speaks, without one it is decoration."""
    sprite = static("vendor/icons.svg")
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, sprite, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name)


@register.filter
def control(field: BoundField) -> SafeString:
    """Render a form field's widget with the frame's classes; errors and help are tied to it for screen readers."""
    widget = field.field.widget
    kind = "form-control"
    if isinstance(widget, CheckboxInput | RadioSelect):
        kind = "form-check-input"
    elif isinstance(widget, Select):
        kind = "form-select"
    classes = [widget.attrs.get("class", ""), kind, "is-invalid" if field.errors else ""]
    return field.as_widget(attrs={"class": " ".join(c for c in classes if c)})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Return whether the field is a single checkbox."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def short(text: str, keep: int = 4) -> str:
    """Shorten an address or signature to its two ends ("7Xk2…9dQp")."""
    return text if len(text) <= 2 * keep + 3 else f"{text[:keep]}…{text[-keep:]}"
