"""One thing that a deployment lacks, and how all parts are asked for theirs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from apps.bridge.chain import ChainError
from apps.bridge.keys import SeedMissing
from apps.core.errors import AppError
from apps.core.scrubbing import scrub


@dataclass(frozen=True)
class Finding:
    """A sentence about one part: what is wrong and how to mend it. What is not `missing` is advice."""

    sentence: str
    missing: bool = True


Part = Callable[[datetime], Iterable[Finding]]
# Their words are ours and say how to mend it; those of any other error may name hosts and people.
OURS = (AppError, ChainError, SeedMissing, ImproperlyConfigured)


def part_findings(part: Part, *, now: datetime) -> Iterator[Finding]:
    """Yield what the part lacks; a part that fails when it is asked lacks just that, in one sentence."""
    try:
        yield from part(now)
    except OURS as error:
        yield Finding(scrub(str(error)))
    except redis.RedisError as error:
        yield Finding(f"Redis does not answer ({type(error).__name__}): start it, or mend REDIS_URL.")
    except DatabaseError as error:
        told = str(error).strip().partition("\n")[0]
        yield Finding(
            f"The database does not answer as it should ({scrub(told)}): mend DATABASE_URL or its rights."
        )
    except OSError as error:
        told = error.strerror or type(error).__name__
        yield Finding(f"It cannot be reached ({scrub(told)}): mend its address or the network.")
