"""How long what took: requests and tasks as spans, where a tracer is set (settings.OTEL_ENDPOINT), else nothing.

A span has a name without ids (a route, a task), the ids that its lines in the log have, and no address: there may be
a secret in it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Note = Callable[..., None]  # takes facts about what happened; `name` renames the span
Tracer = Callable[[str], AbstractContextManager[Note]]
_tracer: Tracer | None = None


def tracer_set(tracer: Tracer | None) -> None:
    """Have every span told to this tracer from now on; None for nobody."""
    global _tracer
    _tracer = tracer


@contextmanager
def span(name: str) -> Iterator[Note]:
    """Note that what happens within took its time."""
    if _tracer is None:
        yield _nothing
        return
    with _tracer(name) as note:
        yield note


def _nothing(**facts: object) -> None:
    """Tell nobody."""
