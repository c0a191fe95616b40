"""Pinning through Pinata's API and fetching through a gateway. Source: network facts, 2."""

import ipaddress
import json
from typing import Any
from urllib.parse import urlsplit

import httpx

from nosana.cid import digest_of
from nosana.ipfs.content import CHUNK, cid_of

FETCH_LIMIT = 10_000_000


class IpfsError(RuntimeError):
    """Content could not be pinned or fetched; the message is one sentence."""


class IpfsClient:
    """Pins to `api_url` and fetches from `gateway_url`; addresses without `/pinning` and `/ipfs`."""

    def __init__(self, api_url: str, gateway_url: str, token: str | None = None, *, seconds: float = 30) -> None:
        self.api_url = api_url.rstrip("/")
        self.gateway_url = gateway_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._seconds = seconds

    async def pin_json(self, value: Any) -> str:
        """Pin a JSON value and return its CIDv0, as the service gives it: its serialisation is its own."""
        body = {"pinataContent": value, "pinataOptions": {"cidVersion": 0}}
        return await self._pin("pinJSONToIPFS", json=body)

    async def pin_bytes(self, data: bytes, name: str = "file") -> str:
        """Pin bytes as one file and return its CIDv0."""
        options = {"pinataOptions": json.dumps({"cidVersion": 0})}
        return await self._pin("pinFileToIPFS", files={"file": (name, data)}, data=options)

    async def fetch(self, cid: str, limit_bytes: int = FETCH_LIMIT) -> bytes:
        """Return the content of a CIDv0.

        Raises IpfsError when it cannot be had, is larger than `limit_bytes`, or (content of one block, at most
        262,144 bytes) is not what the CID says; ValueError when `cid` is not a CIDv0.
        """
        digest_of(cid)
        url = f"{self.gateway_url}/ipfs/{cid}"
        data = bytearray()
        try:
            async with self._client(url) as client, client.stream("GET", url, follow_redirects=True) as answer:
                if answer.status_code != 200:
                    raise IpfsError(f"The gateway answered {answer.status_code} for {cid}.")
                async for piece in answer.aiter_bytes():
                    data += piece
                    if len(data) > limit_bytes:
                        raise IpfsError(f"{cid} is larger than the {limit_bytes:,} bytes allowed.")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise IpfsError(f"{cid} could not be fetched from {self.gateway_url}: {_why(error)}.") from error
        if len(data) <= CHUNK and cid_of(bytes(data)) != cid:
            raise IpfsError(f"The gateway sent other content than {cid}.")
        return bytes(data)

    async def fetch_json(self, cid: str, limit_bytes: int = FETCH_LIMIT) -> Any:
        """Return the JSON value a CIDv0 holds. Raises IpfsError, also when it is not JSON."""
        data = await self.fetch(cid, limit_bytes)
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise IpfsError(f"{cid} does not hold JSON.") from error

    async def _pin(self, method: str, **content: Any) -> str:
        url = f"{self.api_url}/pinning/{method}"
        try:
            async with self._client(url) as client:
                answer = await client.post(url, headers=self._headers, **content)
            if answer.status_code != 200:
                raise IpfsError(f"Pinning failed: {self.api_url} answered {answer.status_code}.")
            cid = answer.json()["IpfsHash"]
            digest_of(cid)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise IpfsError(f"Pinning failed: {self.api_url} could not be reached: {_why(error)}.") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IpfsError(f"Pinning failed: {self.api_url} gave no CIDv0.") from error
        return str(cid)

    def _client(self, url: str) -> httpx.AsyncClient:
        # A proxy named in the environment is for the world outside, never for this machine.
        return httpx.AsyncClient(timeout=self._seconds, trust_env=not is_loopback(url))


def is_loopback(url: str) -> bool:
    """Return whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _why(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
