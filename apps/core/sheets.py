"""A table of records under a name, as one app hands it to another."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sheet:
    """Rows of plain values below their columns; `name` is a file name without its ending, `title` for people."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
