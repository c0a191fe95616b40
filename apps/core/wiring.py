"""How a lower floor reaches a higher one: by names that nosana_web/wiring.py spells, never by imports."""

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from apps.core.queue import enqueue


@cache
def _wiring() -> ModuleType:
    return import_module(settings.WIRING)


def announce(fact: str, **ids: Any) -> None:
    """Tell a fact: one message per listener, in the caller's transaction. Raises KeyError for an unknown fact."""
    for listener in _wiring().ANNOUNCEMENTS[fact]:
        enqueue(listener, **ids)


def ask(port: str, **question: Any) -> list[Any]:
    """Ask every answerer of the port, at once, and return their answers. Raises KeyError for an unknown port."""
    return [import_string(answerer)(**question) for answerer in _wiring().PORTS[port]]


def port_answered(port: str) -> bool:
    """Return whether there is such a port and somebody answers it."""
    return bool(_wiring().PORTS.get(port))
