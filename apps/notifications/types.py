"""The kinds of events there are: each app above says its own, through the port `notifications.event_types`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from apps.core.errors import AppError
from apps.core.wiring import ask


@dataclass(frozen=True)
class EventType:
    """A kind of event: its name (noun.verb), what it tells in a sentence, and an example of its data."""

    name: str
    sentence: str
    example: Mapping[str, Any] = field(default_factory=dict)


TEST = EventType("webhook.test", "Sent by hand, to try an endpoint.", {"note": "It works."})


@cache
def event_types() -> dict[str, EventType]:
    """Return every kind that can be chosen, by its name."""
    declared = [kind for answer in ask("notifications.event_types") for kind in answer]
    return {kind.name: kind for kind in sorted(declared, key=lambda kind: kind.name)}


def types_read(names: Collection[str]) -> list[str]:
    """Return the chosen kinds in the order of the list; none chosen means all. Raises AppError for an unknown one."""
    unknown = [str(name)[:60] for name in names if name not in event_types()]
    if unknown:
        sentence = f"There are no events “{'”, “'.join(unknown[:5])}”; compare with the list of events."
        raise AppError(sentence, code="event_type_unknown", fields={"types": [sentence]})
    return [name for name in event_types() if name in names]
