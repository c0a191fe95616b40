"""The 32 bytes the chain stores and the CIDv0 that names the same content on IPFS. Source: network facts §2."""

from nosana import base58

NO_RESULT = bytes(32)  # what a job's account holds before there is a result
SHA2_256 = b"\x12\x20"  # multihash: sha2-256, 32 bytes


def cid_from_digest(digest: bytes) -> str:
    """Return the CIDv0 ("Qm…", 46 characters) of a sha2-256 digest. Raises ValueError unless it has 32 bytes."""
    if len(digest) != 32:
        raise ValueError(f"A digest has 32 bytes, this one has {len(digest)}.")
    return base58.encode(SHA2_256 + digest)


def digest_of(cid: str) -> bytes:
    """Return the 32 bytes the chain stores for a CIDv0; all zero means "no result".

    Raises ValueError for anything else: a CIDv1 ("bafy…") has no place on the chain.
    """
    try:
        data = base58.decode(cid) if len(cid) == 46 else b""
    except ValueError:
        data = b""
    if len(data) != 34 or not data.startswith(SHA2_256):
        raise ValueError(f'"{cid[:60]}" is not a CIDv0: it must have 46 characters and begin with "Qm".')
    return data[2:]
