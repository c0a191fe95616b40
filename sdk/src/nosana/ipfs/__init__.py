"""IPFS as the network uses it: CIDv0 in and out of digests, pinning and fetching."""

from nosana.cid import NO_RESULT, cid_from_digest, digest_of
from nosana.ipfs.client import IpfsClient, IpfsError
from nosana.ipfs.content import cid_of

__all__ = ["NO_RESULT", "IpfsClient", "IpfsError", "cid_from_digest", "cid_of", "digest_of"]
