"""A checker that a stranger could write from docs/ledger.md alone: the standard library, none of our code."""

import hashlib
import json
from typing import Any


def proof_holds(text: str, published: dict[str, str]) -> bool:
    """Return whether the proof's entries are the ones that the published digests stand for."""
    proof, chain, before = json.loads(text), {}, hashlib.sha256(b"").digest()
    for day in proof["chain"]:
        root = bytes.fromhex(day["root"])
        before = sha(b"\x02", before, f"{day['day']}:{day['accounts']}:".encode(), root)
        if not before.hex() == day["digest"] == published.get(day["day"]):
            return False
        chain[day["day"]] = day
    return all(account_holds(row, chain[row["day"]]) for row in proof["days"])


def account_holds(row: dict[str, Any], day: dict[str, Any]) -> bool:
    names = ("fingerprint", "at", "amount", "reason", "key")
    leaves = [sha(b"\x00", "\n".join(str(entry[name]) for name in names).encode()) for entry in row["entries"]]
    closing = row["opening"] + sum(entry["amount"] for entry in row["entries"])
    mark = hashlib.sha256(f"{row['blind']}:{row['account']}".encode()).hexdigest()
    facts = (mark, row["before"], len(leaves), row["opening"], closing, tree(leaves).hex())
    leaf = sha(b"\x00", "\n".join(str(fact) for fact in facts).encode())
    return (
        climb(leaf, row["index"], day["accounts"], [bytes.fromhex(step) for step in row["path"]]).hex()
        == day["root"]
    )


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def split(count: int) -> int:
    half = 1
    while half * 2 < count:
        half *= 2
    return half


def tree(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else sha()
    half = split(len(leaves))
    return sha(b"\x01", tree(leaves[:half]), tree(leaves[half:]))


def climb(leaf: bytes, index: int, count: int, path: list[bytes]) -> bytes:
    if count == 1:
        return leaf
    half, beside = split(count), path[-1]
    if index < half:
        return sha(b"\x01", climb(leaf, index, half, path[:-1]), beside)
    return sha(b"\x01", beside, climb(leaf, index - half, count - half, path[:-1]))
