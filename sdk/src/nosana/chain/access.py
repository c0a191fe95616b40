"""The part of a Metaplex metadata account that markets look at: the collection, and whether it is verified."""

import struct

from solders.pubkey import Pubkey

METADATA_V1 = 4  # first byte of a metadata account


def collection_of(data: bytes) -> tuple[Pubkey, bool] | None:
    """Return (collection, whether it is verified) of a metadata account, None for one without, or malformed."""
    try:
        return _collection(data)
    except (struct.error, IndexError, ValueError):
        return None


def _collection(data: bytes) -> tuple[Pubkey, bool] | None:
    if data[0] != METADATA_V1:
        return None
    at = 1 + 32 + 32  # key, update authority, mint
    for _ in range(3):  # name, symbol, uri
        at += 4 + struct.unpack_from("<I", data, at)[0]
    at += 2  # seller fee
    at += 1 + (4 + 34 * struct.unpack_from("<I", data, at + 1)[0] if data[at] else 0)  # creators
    at += 2  # primary sale happened, is mutable
    at += 2 if data[at] else 1  # edition nonce
    at += 2 if data[at] else 1  # token standard
    if not data[at]:
        return None
    return Pubkey.from_bytes(data[at + 2 : at + 34]), bool(data[at + 1])
