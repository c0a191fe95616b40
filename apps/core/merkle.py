"""Merkle trees and chains of days: a short digest that stands for many records, and proofs anyone can check.

Hashes are SHA-256. A leaf is hashed with a leading 0x00 and a node with a leading 0x01, so that neither can be passed
off as the other (RFC 6962). The tree over n leaves splits at the largest power of two below n.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(record: bytes) -> bytes:
    """Return the hash of one record."""
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes in their order, in constant memory; the hash of nothing for none."""
    stack: list[tuple[int, bytes]] = []  # (number of leaves below, hash): complete subtrees, largest first
    for leaf in leaves:
        size, top = 1, leaf
        while stack and stack[-1][0] == size:
            top = node_hash(stack.pop()[1], top)
            size *= 2
        stack.append((size, top))
    if not stack:
        return EMPTY
    top = stack.pop()[1]
    while stack:
        top = node_hash(stack.pop()[1], top)
    return top


def path_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes beside the way from one leaf to the root, from the leaf upwards. Raises IndexError."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"There are {len(leaves)} leaves; {index} is none of them.")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*path_of(leaves[:split], index), root_of(leaves[split:])]
    return [*path_of(leaves[split:], index - split), root_of(leaves[:split])]


def root_from(leaf: bytes, *, index: int, count: int, path: Sequence[bytes]) -> bytes:
    """Return the root that a leaf hash, its place among `count` leaves and its path lead to.

    Raises ValueError for a path of another length than such a tree has.
    """
    sides = []  # from the root downwards: whether the way goes left
    while count > 1:
        split = _split(count)
        sides.append(index < split)
        index, count = (index, split) if index < split else (index - split, count - split)
    if index != 0 or len(sides) != len(path):
        raise ValueError(f"A path of {len(path)} hashes does not fit a leaf {len(sides)} steps below the root.")
    top = leaf
    for left, beside in zip(reversed(sides), path, strict=True):
        top = node_hash(top, beside) if left else node_hash(beside, top)
    return top


def day_digest(previous: bytes, day: date, root: bytes, count: int) -> bytes:
    """Return the digest that closes a day: it binds the day before, the date, the number of leaves and their root."""
    return hashlib.sha256(b"\x02" + previous + f"{day.isoformat()}:{count}:".encode() + root).digest()


def _split(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1
