"""The CIDv0 of content, as `ipfs add` makes it. Source: network facts §2."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from nosana.cid import SHA2_256, cid_from_digest

CHUNK = 262_144
WIDTH = 174


def cid_of(data: bytes) -> str:
    """Return the CIDv0 that `ipfs add` gives content of any size (dag-pb UnixFS, chunks of 262,144 bytes)."""
    nodes = [_leaf(data[start : start + CHUNK]) for start in range(0, len(data), CHUNK)] or [_leaf(b"")]
    while len(nodes) > 1:
        nodes = [_parent(nodes[start : start + WIDTH]) for start in range(0, len(nodes), WIDTH)]
    return cid_from_digest(nodes[0].digest)


@dataclass(frozen=True, slots=True)
class _Node:
    """One block: its digest, the bytes of file below it, and the bytes of blocks from here down."""

    digest: bytes
    content: int
    total: int


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(tag: int, data: bytes) -> bytes:
    return bytes([tag]) + _varint(len(data)) + data


def _file(pieces: Iterator[bytes]) -> bytes:
    """The dag-pb `Data` field of a UnixFS entry of type file."""
    return _field(0x0A, b"\x08\x02" + b"".join(pieces))


def _leaf(chunk: bytes) -> _Node:
    held = _field(0x12, chunk) if chunk else b""
    block = _file(iter([held, b"\x18", _varint(len(chunk))]))
    return _Node(sha256(block).digest(), len(chunk), len(block))


def _parent(children: list[_Node]) -> _Node:
    links = b"".join(
        _field(0x12, _field(0x0A, SHA2_256 + child.digest) + b"\x12\x00\x18" + _varint(child.total))
        for child in children
    )
    content = sum(child.content for child in children)
    sizes = (b"\x20" + _varint(child.content) for child in children)
    block = links + _file(iter([b"\x18", _varint(content), *sizes]))
    return _Node(sha256(block).digest(), content, len(block) + sum(child.total for child in children))
