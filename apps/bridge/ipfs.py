"""The gateway to IPFS."""

import asyncio
import json
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from nosana.ipfs import IpfsClient, IpfsError

from apps.bridge.loop import wait_for

__all__ = ["IpfsError", "definition_pin", "pinning", "result_get"]

AT_ONCE = 16  # definitions on their way at a time
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


async def pinning(definitions: Sequence[dict[str, Any]]) -> list[str | IpfsError]:
    """Pin definitions, several at a time and equal ones once; return each one's CID, or why it has none.

    To be awaited on this process's loop (apps.bridge.loop).
    """
    client, few = _client(), asyncio.Semaphore(AT_ONCE)
    texts = [json.dumps(definition, sort_keys=True) for definition in definitions]
    different = dict(zip(texts, definitions, strict=True))

    async def pin(definition: dict[str, Any]) -> str | IpfsError:
        async with few:
            try:
                return await client.pin_json(definition)
            except IpfsError as error:
                return error

    pinned = dict(zip(different, await asyncio.gather(*map(pin, different.values())), strict=True))
    return [pinned[text] for text in texts]


def result_get(cid: str) -> dict[str, Any]:
    """Return the flow state a node pinned. Raises IpfsError, also when it is no JSON map."""
    value = wait_for(_client().fetch_json(cid, RESULT_BYTES))
    if not isinstance(value, dict):
        raise IpfsError(f"{cid} is no flow state: a JSON map is expected.")
    return value
