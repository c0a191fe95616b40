"""The 32 bytes on chain and the CIDv0 that names the same content on IPFS (network facts §2)."""

from nosana.chain import base58

_MULTIHASH = b"\x12\x20"  # sha2-256, 32 bytes
NULL_DIGEST = bytes(32)


def cid_encode(digest: bytes) -> str:
    """Return the CIDv0 ("Qm…") of a 32-byte sha2-256 digest. Raises ValueError on another length."""
    if len(digest) != 32:
        raise ValueError(f"A digest has 32 bytes, this one has {len(digest)}.")
    return base58.encode(_MULTIHASH + digest)


def cid_decode(cid: str) -> bytes:
    """Return the 32 bytes that go on chain. Raises ValueError on anything but a CIDv0."""
    try:
        raw = base58.decode(cid)
    except ValueError:
        raw = b""
    if len(raw) != 34 or raw[:2] != _MULTIHASH:
        raise ValueError(f"{cid!r} is not a CIDv0 (46 letters, starting with Qm); the chain can hold no other.")
    return raw[2:]


def digest_of(value: bytes | str) -> bytes:
    """Return the 32 bytes of a digest or of its CIDv0. Raises ValueError on anything else."""
    digest = cid_decode(value) if isinstance(value, str) else value
    if len(digest) != 32:
        raise ValueError(f"A digest has 32 bytes, this one has {len(digest)}.")
    return digest
