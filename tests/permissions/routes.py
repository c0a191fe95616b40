"""Every address of ours, found by walking the URL resolver."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """One pattern that leads to a view of ours."""

    name: str
    pattern: str
    kwargs: tuple[str, ...]

    def __str__(self) -> str:
        return self.name

    @property
    def api(self) -> bool:
        """Whether programs call it."""
        return self.pattern.startswith("api/")

    def path(self, values: dict[str, Any]) -> str:
        """Return the address with these values."""
        return reverse(self.name, kwargs={kwarg: values[kwarg] for kwarg in self.kwargs})


def _ours(callback: Any) -> bool:
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback
    return str(view.__module__).startswith("apps.")


def _walk(resolver: URLResolver, prefix: str, names: tuple[str, ...], given: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        kwargs = given + tuple(entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            inner = (*names, entry.namespace) if entry.namespace else names
            yield from _walk(entry, pattern, inner, kwargs)
        elif isinstance(entry, URLPattern) and _ours(entry.callback):
            assert entry.name, f"{pattern} leads to a view of ours and has no name"
            yield Route(":".join((*names, entry.name)), pattern, kwargs)


def routes() -> list[Route]:
    """Return every route of ours, in the order of the URLs."""
    return list(_walk(get_resolver(), "", (), ()))
