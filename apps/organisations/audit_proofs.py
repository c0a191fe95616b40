"""The check of a proof that somebody downloaded. It trusts nothing but the digests it is told were kept."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from apps.core.merkle import leaf_hash, root_from
from apps.core.proofs import ProofBroken, chain_check

FORMAT = "nosana-web audit proof 1"


def audit_proof_check(proof: Any, published: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for everything in the proof that does not hold; nothing means that it proves its event.

    `published` has the digest (hexadecimal) of each day ("2026-11-02"). Raises ProofBroken for another kind of file.
    """
    if not isinstance(proof, Mapping) or proof.get("format") != FORMAT:
        raise ProofBroken(f"This is no proof: its “format” is not “{FORMAT}”.")
    try:
        yield from chain_check(proof["chain"], count="events", published=published)
        yield from _event_check(proof, {row["day"]: row for row in proof["chain"]})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProofBroken(
            f"This proof is damaged ({type(error).__name__}: {error}); download it again."
        ) from error


def _event_check(proof: Mapping[str, Any], chain: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    day = chain.get(proof["day"])
    if day is None:
        yield f"{proof['day']}: the day of the event is not in the file's chain."
        return
    record: str = proof["record"]
    path = [bytes.fromhex(step) for step in proof["path"]]
    leaf = leaf_hash(record.encode())
    if root_from(leaf, index=int(proof["index"]), count=int(day["events"]), path=path).hex() != day["root"]:
        yield f"{proof['day']}: this event is not one that the day's digest stands for."
    detail = proof["detail"]
    if detail is None:
        return
    hashed = hashlib.sha256(bytes.fromhex(detail["salt"]) + detail["content"].encode()).hexdigest()
    if json.loads(record)["detail"] != hashed:
        yield f"{proof['day']}: the personal details in the file are not those of the event."
