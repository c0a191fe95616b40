"""What every kind of proof shares: a chain of day digests, held against the ones that somebody kept."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from apps.core.merkle import EMPTY, day_digest


class ProofBroken(ValueError):
    """The file is not a proof in the form that the docs describe."""


def chain_check(chain: Sequence[Mapping[str, Any]], *, count: str, published: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each day of the chain whose digest is not what its row, or what was published, says.

    `count` names the field with the day's number of leaves; `published` has the digest of each day in hexadecimal.
    Raises KeyError, TypeError or ValueError for rows of another form.
    """
    before = EMPTY
    for row in chain:
        digest = day_digest(before, date.fromisoformat(row["day"]), bytes.fromhex(row["root"]), int(row[count]))
        if digest.hex() != row["digest"]:
            yield f"{row['day']}: the digest in the file is not that of its root and of the day before."
        known = published.get(row["day"])
        if known is None:
            yield f"{row['day']}: no digest was published for this day."
        elif known != row["digest"]:
            yield f"{row['day']}: the published digest is {known}, the file has {row['digest']}."
        before = bytes.fromhex(row["digest"])
