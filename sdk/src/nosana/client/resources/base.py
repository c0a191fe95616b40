"""What every group of acts has in common."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from nosana.client.modes import Bound, M
from nosana.client.pages import Items, Pages

if TYPE_CHECKING:
    from nosana.client.core import Core

T = TypeVar("T")
PAGE = 100  # entries the platform gives at once


class Resource(Bound[M], Generic[M]):
    """A group of acts, such as `client.jobs`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def _pages(self, name: str, path: str, *, limit: int | None = None, **query: Any) -> Pages[M, Any]:
        return Pages(self._core, name, path, query, limit=limit, size=PAGE)

    def _items(self, name: str, path: str, **query: Any) -> Items[M, Any]:
        return Items(self._core, name, path, query, limit=None, size=PAGE)

    async def _get(self, name: str | None, path: str, **query: Any) -> Any:
        return await self._core.ask(name, "GET", path, query=query)

    async def _post(self, name: str | None, path: str, body: Any = None, key: str | None = None) -> Any:
        return await self._core.ask(name, "POST", path, body=body, key=key)

    async def _send(self, name: str | None, method: str, path: str, body: Any = None) -> Any:
        return await self._core.ask(name, method, path, body=body)


class Spanned(Resource[M], Generic[M, T]):
    """A group whose things are listed by when they came about."""

    place: ClassVar[str]
    model: ClassVar[str]

    def list(
        self, *, since: datetime | None = None, until: datetime | None = None, limit: int | None = None
    ) -> Pages[M, T]:
        """Return them, newest first; of a span of time (`until` left out of it)."""
        return self._pages(self.model, self.place, since=since, until=until, limit=limit)


class Stated(Resource[M], Generic[M, T]):
    """A group whose things are listed by how they stand, too."""

    place: ClassVar[str]
    model: ClassVar[str]

    def list(
        self,
        *,
        state: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> Pages[M, T]:
        """Return them, newest first; of one state, or begun in a span of time (`until` left out of it)."""
        return self._pages(self.model, self.place, state=state, since=since, until=until, limit=limit)


def given(**fields: Any) -> dict[str, Any]:
    """Return the fields that were given: None leaves a field out, `NOTHING` sends null."""
    return {name: (None if value is NOTHING else value) for name, value in fields.items() if value is not None}


def listed(values: Sequence[str] | None) -> list[str] | None:
    """Return the values as JSON has them."""
    return None if values is None else [*values]


class _Nothing:
    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Any = _Nothing()  # where a field is to be emptied
