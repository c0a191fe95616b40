"""Going through what is due: what fails of it is told of, and holds up nothing else."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


def each_apart(due: Iterable[T], act: Callable[[T], R]) -> list[R]:
    """Do the act to each and return what came back; one that fails is logged and stops no other.

    Never call it inside a transaction: the act has one of its own, of which nothing is left where it fails.
    """
    done = []
    for one in due:
        try:
            done.append(act(one))
        except Exception:  # whatever it is, the others are due too; the next sweep tries this one again
            logger.exception("%s failed for %s", getattr(act, "__qualname__", act), one)
    return done
