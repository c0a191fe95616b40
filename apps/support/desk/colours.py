"""The colours of the staff's pages: the greens of static/css/app.css, from the lightest on."""

from django.http import HttpRequest

GREENS = {
    "50": "#eef9f3",
    "100": "#e0f3e9",
    "200": "#bfe6d1",
    "300": "#93dab5",
    "400": "#4fd79c",
    "500": "#23a871",
    "600": "#0a6b43",
    "700": "#075434",
    "800": "#0b4029",
    "900": "#12301f",
    "950": "#0a1f14",
}


def greens(request: HttpRequest) -> dict[str, str]:
    """Return the shades by their weight, as the admin site's theme asks for them."""
    return dict(GREENS)
