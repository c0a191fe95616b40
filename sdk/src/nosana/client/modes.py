"""One description for two clients: each act is written once, as a coroutine, and called in either way.

The blocking client's line never waits for an event loop, so `drive` runs its coroutines to their end on the spot,
also inside a running loop; the asynchronous client hands the same coroutines out. `Sync` and `Async` only exist for
type checkers, which so know that `Nosana().jobs.get(…)` is a job and `AsyncNosana().jobs.get(…)` must be awaited.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

if TYPE_CHECKING:
    from nosana.client.core import Core

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Sync:
    """The mode of `Nosana`."""


class Async:
    """The mode of `AsyncNosana`."""


M = TypeVar("M", Sync, Async)


class Bound(Generic[M]):
    """What belongs to a client and asks through it."""

    _core: Core


class act(Generic[P, R]):  # noqa: N801 - reads as the decorator it is
    """A method that blocks on a blocking client and is awaited on an asynchronous one."""

    def __init__(self, function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]) -> None:
        self.function = function
        functools.update_wrapper(self, function)  # type: ignore[arg-type]

    @overload
    def __get__(self, thing: None, owner: Any = None) -> act[P, R]: ...
    @overload
    def __get__(self, thing: Bound[Sync], owner: Any = None) -> Callable[P, R]: ...
    @overload
    def __get__(self, thing: Bound[Async], owner: Any = None) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, thing: Any, owner: Any = None) -> Any:
        """Return the method of the thing, fit for its client."""
        if thing is None:
            return self
        method = self.function.__get__(thing)
        return blocking(method) if thing._core.line.blocking else method


def blocking(method: Callable[P, Awaitable[R]]) -> Callable[P, R]:
    """Return the method with its coroutine run on the spot."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return drive(method(*args, **kwargs))

    return call


def drive(awaitable: Awaitable[R]) -> R:
    """Return what an awaitable that never waits for an event loop comes to."""
    try:
        next(awaitable.__await__())
    except StopIteration as end:
        return end.value
    raise RuntimeError("A blocking act waited for an event loop; this is a fault of the library.")


def drive_each(source: AsyncGenerator[T, None]) -> Iterator[T]:
    """Yield what an asynchronous generator that never waits for an event loop yields, and close it at the end."""
    try:
        while True:
            try:
                found = drive(source.__anext__())
            except StopAsyncIteration:
                return
            yield found
    finally:
        drive(source.aclose())
