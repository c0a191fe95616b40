"""Long lists: fetched page by page while they are walked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nosana.client.modes import Async, Bound, M, Sync, act, drive_each

if TYPE_CHECKING:
    from nosana.client.core import Core

T = TypeVar("T")


class Pages(Bound[M], Generic[M, T]):
    """A list that asks for its next page when it gets there: `for` on `Nosana`, `async for` on `AsyncNosana`.

    Nothing is asked before the first step, and every walk begins anew. `limit` is how many entries come at most, over
    all pages. Raises what any request raises, at the step that asks.
    """

    def __init__(
        self, core: Core, name: str, path: str, query: Mapping[str, Any], *, limit: int | None, size: int
    ) -> None:
        self._core = core
        self._name, self._path, self._query = name, path, dict(query)
        self._limit, self._size = limit, size

    def __iter__(self: Pages[Sync, T]) -> Iterator[T]:
        if not self._core.line.blocking:
            raise TypeError("This list belongs to an asynchronous client: use `async for`.")
        return drive_each(self._walk())

    def __aiter__(self: Pages[Async, T]) -> AsyncIterator[T]:
        if self._core.line.blocking:
            raise TypeError("This list belongs to a blocking client: use `for`.")
        return self._walk()

    @act
    async def all(self) -> list[T]:
        """Return all entries, up to the limit."""
        return [one async for one in self._walk()]

    @act
    async def first(self) -> T | None:
        """Return the first entry, None of an empty list."""
        async for one in self._walk(size=1):
            return one
        return None

    async def _walk(self, size: int | None = None) -> AsyncGenerator[T, None]:
        left, cursor, seen = self._limit, None, set[str]()
        while left is None or left > 0:
            wanted = size or (self._size if left is None else min(self._size, left))
            page = await self._core.ask(
                None, "GET", self._path, query={**self._query, "limit": wanted, "cursor": cursor}
            )
            for item in page["items"][:left]:
                yield self._core.read(self._name, item)
            left = None if left is None else left - len(page["items"])
            cursor = page.get("next_cursor")
            if cursor is None or cursor in seen:
                return
            seen.add(cursor)


class LogPages(Pages[M, T]):
    """Lines of a log, asked for by number."""

    async def _walk(self, size: int | None = None) -> AsyncGenerator[T, None]:
        left, after = self._limit, self._query["after"]
        while after is not None and (left is None or left > 0):
            wanted = size or (self._size if left is None else min(self._size, left))
            answer = await self._core.ask(None, "GET", self._path, query={"after": after or None, "limit": wanted})
            for line in answer["lines"][:left]:
                yield self._core.read(self._name, line)
            left = None if left is None else left - len(answer["lines"])
            after = answer["next_after"]


class Items(Pages[M, T]):
    """A list that comes in one answer; it is walked like one of many pages."""

    async def _walk(self, size: int | None = None) -> AsyncGenerator[T, None]:
        answer = await self._core.ask(None, "GET", self._path, query=self._query)
        for item in answer["items"][: self._limit]:
            yield self._core.read(self._name, item)
