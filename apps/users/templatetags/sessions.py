"""What the list of somebody's sessions shows of each."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django import template
from django.utils.translation import gettext as _

from apps.users.seen import seen_at

register = template.Library()
# What tells a browser and a system in the words they send: the first that is found counts, so order matters.
BROWSERS: dict[str, str] = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS: dict[str, str] = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@register.filter
def last_seen(session: UserSession) -> datetime:
    """Show when the session was last used; its beginning where nothing else is known."""
    return seen_at(session.session_key) or session.created_at


@register.filter
def browser_words(agent: str) -> str:
    """Say which browser and system a User-Agent header names; the header itself where they are not known."""
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return agent[:120] or "–"
