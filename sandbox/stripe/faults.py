"""Switches that make the sandbox behave as badly as a real network sometimes does."""

from dataclasses import asdict, dataclass, fields
from typing import Any

REORDER_WINDOW = 0.7


@dataclass
class Faults:
    """What goes wrong now. Counters go down by one each time they strike.

    duplicate: how many more times each event is delivered. reorder: later events arrive first.
    delay_seconds: how long webhooks wait. drop: deliveries lost for good. fail_api: requests answered 500 with
    nothing done. lose_answers: requests carried out, then answered 500. api_seconds: how long a request takes.
    """

    duplicate: int = 0
    reorder: bool = False
    delay_seconds: float = 0.0
    drop: int = 0
    fail_api: int = 0
    lose_answers: int = 0
    api_seconds: float = 0.0

    @classmethod
    def read(cls, given: Any) -> "Faults":
        """Return faults from JSON. Raises ValueError with a sentence that names the wrong switch."""
        if not isinstance(given, dict):
            raise ValueError("Send one JSON object of switches.")
        kinds = {field.name: type(field.default) for field in fields(cls)}
        for name, value in given.items():
            if name not in kinds:
                raise ValueError(f"There is no switch {name}; there are {', '.join(kinds)}.")
            kind = kinds[name]
            right = isinstance(value, bool) if kind is bool else isinstance(value, int | float)
            if not right or (kind is not bool and (isinstance(value, bool) or value < 0)):
                raise ValueError(f"{name} is {'true or false' if kind is bool else 'a number, 0 or more'}.")
            if kind is int and not isinstance(value, int):
                raise ValueError(f"{name} is a whole number.")
        return cls(**given)

    def shown(self) -> dict[str, Any]:
        """Return the switches as JSON."""
        return asdict(self)

    def wait(self) -> float:
        """Return for how many seconds a new webhook is held back."""
        return self.delay_seconds + (REORDER_WINDOW if self.reorder else 0.0)

    def strike(self, name: str) -> bool:
        """Return whether the counter was set, and count it down."""
        left = int(getattr(self, name))
        if left:
            setattr(self, name, left - 1)
        return left > 0
