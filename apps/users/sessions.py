"""Sign-ins that are over."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

BATCH = 1_000


def sessions_forget(*, now: datetime) -> int:
    """Delete sessions that ended and what was known of their browsers, a batch at a time; return how many sessions."""
    total = 0
    while ended := list(Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:BATCH]):
        Session.objects.filter(pk__in=ended).delete()
        total += len(ended)
    lives = Exists(Session.objects.filter(pk=OuterRef("session_key")))
    while gone := list(
        UserSession.objects.filter(~lives, created_at__lt=now).values_list("pk", flat=True)[:BATCH]
    ):
        UserSession.objects.filter(pk__in=gone).delete()
    return total
