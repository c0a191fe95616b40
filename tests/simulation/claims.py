"""Who runs a message: nobody else may, until its run came to an end or its lease is over."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from apps.core import queue
from apps.core.models import Message


class Claims:
    """The messages that are run at this moment, with the time of each one's lease, and which two claimed at once."""

    def __init__(self) -> None:
        self.held, self.twice = dict[uuid.UUID, tuple[datetime, datetime]](), list[str]()

    def asked(self) -> list[str]:
        """Return what was claimed by two at once since the last time."""
        twice, self.twice = self.twice, []
        return twice


@contextmanager
def watched() -> Iterator[Claims]:
    """Look over the shoulder of every worker that claims a message or ends one."""
    claims, claim, run, postpone = Claims(), queue._claim, queue._run, queue._postpone

    def looked(message_id: str, lease: uuid.UUID, *, now: datetime) -> Message | None:
        message = claim(message_id, lease, now=now)
        if message is not None and message.leased_until is not None:
            # Two may tell of their claims in the other order than they got them.
            other = claims.held.get(message.id)
            if other is not None and now <= other[1] and other[0] <= message.leased_until:
                claims.twice.append(f"7 two workers run one message: {message.name}")
            claims.held[message.id] = now, message.leased_until
        return message

    def ended(message: Message, lease: uuid.UUID) -> bool:
        ran = run(message, lease)  # who dies here keeps the lease, as a worker does that is gone
        claims.held.pop(message.id, None)
        return ran

    def postponed(message: Message, *args: Any, **kwargs: Any) -> None:
        claims.held.pop(message.id, None)  # before it is written: the next may take it as soon as it is
        postpone(message, *args, **kwargs)

    queue._claim, queue._run, queue._postpone = looked, ended, postponed
    try:
        yield claims
    finally:
        queue._claim, queue._run, queue._postpone = claim, run, postpone
