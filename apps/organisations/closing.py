"""What stands against closing an organisation, as the floors above answer it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Obstacle:
    """A sentence about what is still open. What does not block is said before closing, and kept in mind by people."""

    sentence: str
    blocks: bool = True
