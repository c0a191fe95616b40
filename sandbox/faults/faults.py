"""Which faults there are, how often each strikes, and how often it did."""

import random
from collections import Counter
from dataclasses import asdict, dataclass, fields
from typing import Any


class BadFaults(ValueError):
    """A wish for faults that cannot be met; the text says why."""


@dataclass(frozen=True)
class Faults:
    """How often each fault strikes (0 to 1) and its measure; `only` names the methods they strike, () means all."""

    drop: float = 0.0  # the connection is closed, nothing was forwarded
    limit: float = 0.0  # 429, nothing was forwarded
    fail: float = 0.0  # 500, nothing was forwarded
    delay: float = 0.0  # the answer comes up to delay_ms later
    delay_ms: float = 300.0
    stale: float = 0.0  # a question is answered as it was before, up to stale_s seconds ago
    stale_s: float = 2.0
    lose: float = 0.0  # a transaction is forwarded, and its answer lost
    forget: float = 0.0  # a transaction's signature is answered, and it is not forwarded
    cut: float = 0.0  # a WebSocket is cut, asked once a second
    only: tuple[str, ...] = ()

    @classmethod
    def of(cls, wish: dict[str, Any]) -> "Faults":
        """Return the faults of a JSON object. Raises BadFaults."""
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(wish) - set(known)):
            raise BadFaults(f"There is no fault {', '.join(unknown)}; there are {', '.join(known)}.")
        try:
            given: dict[str, Any] = {
                name: tuple(value) if name == "only" else float(value) for name, value in wish.items()
            }
        except (TypeError, ValueError) as error:
            raise BadFaults(f"A fault is a number from 0 to 1 ({error}).") from None
        rates = [name for name in given if name not in ("delay_ms", "stale_s", "only")]
        if wrong := [name for name in rates if not 0 <= given[name] <= 1]:
            raise BadFaults(f"{', '.join(wrong)} must be from 0 to 1.")
        if min(given.get("delay_ms", 0), given.get("stale_s", 0)) < 0:
            raise BadFaults("delay_ms and stale_s must not be negative.")
        return cls(**given)

    def wish(self) -> dict[str, Any]:
        """Return the faults as a JSON object."""
        return asdict(self)


class Dice:
    """Decides by a seed what strikes next, and counts it."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self.random = random.Random(seed)  # noqa: S311 - chance that can be repeated, no secret
        self.faults = faults
        self.struck: Counter[str] = Counter()

    def strikes(self, name: str, method: str = "") -> bool:
        """Return whether the fault strikes now."""
        only = self.faults.only
        struck = (not method or not only or method in only) and self.random.random() < getattr(self.faults, name)
        if struck:
            self.struck[name] += 1
        return struck

    def pause(self) -> float:
        """Return how long an answer is delayed, seconds."""
        return self.random.random() * self.faults.delay_ms / 1000
