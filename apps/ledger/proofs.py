"""The check of a proof that somebody downloaded. It trusts nothing but the digests it is told were published."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from apps.core.merkle import leaf_hash, root_from, root_of
from apps.core.proofs import ProofBroken, chain_check
from apps.ledger.records import account_mark, account_record, entry_record

FORMAT = "nosana-web ledger proof 1"


def proof_check(proof: Any, published: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for everything in the proof that does not hold; nothing means that it proves its entries.

    `published` has the digest (hexadecimal) of each day ("2026-11-02"). Raises ProofBroken for another kind of file.
    """
    if not isinstance(proof, Mapping) or proof.get("format") != FORMAT:
        raise ProofBroken(f"This is no proof: its “format” is not “{FORMAT}”.")
    try:
        chain = {row["day"]: row for row in proof["chain"]}
        yield from chain_check(proof["chain"], count="accounts", published=published)
        # Whoever has the books from their first day begins with nothing; a later start is taken as it is told.
        whole = bool(proof["chain"]) and proof["first"] <= proof["chain"][0]["day"]
        start = (0, 0) if whole else None
        standing: dict[str, tuple[int, int] | None] = dict.fromkeys(proof["accounts"], start)
        for row in proof["days"]:
            yield from _day_check(row, chain, standing)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProofBroken(
            f"This proof is damaged ({type(error).__name__}: {error}); download it again."
        ) from error


def _day_check(
    row: Mapping[str, Any], chain: Mapping[str, Mapping[str, Any]], standing: dict[str, tuple[int, int] | None]
) -> Iterator[str]:
    """Check one account's day; `standing` has what each account came to so far: entries and balance."""
    where = f"{row['day']}, {row['account']}"
    if row["account"] not in standing or row["day"] not in chain:
        yield f"{where}: the account or the day is not among those the file is about."
        return
    opening, before = int(row["opening"]), int(row["before"])
    if (known := standing[row["account"]]) not in (None, (before, opening)):
        yield f"{where}: it opens with {opening} after {before} entries, but the file so far comes to {known}."
    entries = row["entries"]
    closing = opening + sum(int(entry["amount"]) for entry in entries)
    if closing != int(row["closing"]):
        yield f"{where}: its entries lead to {closing}, the file says {row['closing']}."
    record = account_record(
        mark=account_mark(bytes.fromhex(row["blind"]), row["account"]),
        before=before,
        entries=len(entries),
        opening=opening,
        closing=int(row["closing"]),
        root=root_of(leaf_hash(_record(entry)) for entry in entries),
    )
    day = chain[row["day"]]
    path = [bytes.fromhex(step) for step in row["path"]]
    root = root_from(leaf_hash(record), index=int(row["index"]), count=int(day["accounts"]), path=path)
    if root.hex() != day["root"]:
        yield f"{where}: these entries are not the ones that the day's digest stands for."
    standing[row["account"]] = (before + len(entries), int(row["closing"]))


def _record(entry: Mapping[str, Any]) -> bytes:
    if any("\n" in entry[name] for name in ("fingerprint", "reason", "key")):
        raise ValueError("a line break inside an entry")
    return entry_record(
        fingerprint=entry["fingerprint"],
        at=datetime.fromisoformat(entry["at"]),
        amount=int(entry["amount"]),
        reason=entry["reason"],
        key=entry["key"],
    )
