"""The gateway to IPFS."""

import os
from functools import lru_cache
from typing import Any

from django.conf import settings
from nosana.ipfs import IpfsClient, IpfsError

from apps.bridge.loop import wait_for

__all__ = ["IpfsError", "definition_pin", "result_get"]

RESULT_BYTES = 64_000_000  # a flow state with its logs


def _client() -> IpfsClient:
    addresses = settings.IPFS_API_URL, settings.IPFS_GATEWAY_URL
    return _kept(os.getpid(), *addresses, settings.IPFS_TOKEN or None)


@lru_cache(maxsize=8)
def _kept(process: int, api_url: str, gateway_url: str, token: str | None) -> IpfsClient:
    """Return this process's own client, whose connections outlive a call; a fork must not use its parent's."""
    return IpfsClient(api_url, gateway_url, token, keep=True)


def definition_pin(definition: dict[str, Any]) -> str:
    """Pin a definition and return its CID. Raises IpfsError."""
    return wait_for(_client().pin_json(definition))


def result_get(cid: str) -> dict[str, Any]:
    """Return the flow state a node pinned. Raises IpfsError, also when it is no JSON map."""
    value = wait_for(_client().fetch_json(cid, RESULT_BYTES))
    if not isinstance(value, dict):
        raise IpfsError(f"{cid} is no flow state: a JSON map is expected.")
    return value
