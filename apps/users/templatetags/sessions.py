"""What the list of somebody's sessions shows of each."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django import template

from apps.users.seen import seen_at

register = template.Library()


@register.filter
def last_seen(session: UserSession) -> datetime:
    """Show when the session was last used; its beginning where nothing else is known."""
    return seen_at(session.session_key) or session.created_at
