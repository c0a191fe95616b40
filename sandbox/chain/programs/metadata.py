"""Metaplex metadata accounts, as far as access keys need them (network facts §1.2, §1.4)."""

import struct

from nosana.chain.access import METADATA_V1
from solders.pubkey import Pubkey


def metadata_encode(mint: Pubkey, authority: Pubkey, name: str, collection: Pubkey, *, verified: bool) -> bytes:
    """Return a metadata account for an access key of the collection."""
    texts = b"".join(struct.pack("<I", len(raw)) + raw for raw in (name.encode(), b"KEY", b""))
    head = bytes([METADATA_V1]) + bytes(authority) + bytes(mint) + texts + struct.pack("<H", 0)
    # no creators; not sold, mutable; no edition nonce; token standard 0
    return head + b"\0" + b"\0\x01" + b"\0" + b"\x01\0" + b"\x01" + bytes([verified]) + bytes(collection) + b"\0"
