"""The periodic acts of people's accounts."""

from django.utils import timezone

from apps.core import queue
from apps.users.sessions import sessions_forget as forget


@queue.periodic("users.sessions_forget", every=21_600)
def sessions_forget() -> None:
    forget(now=timezone.now())
