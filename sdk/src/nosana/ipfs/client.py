"""Pinning through Pinata's API and fetching through a gateway. Source: network facts, 2."""

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
from typing_extensions import Self  # noqa: UP035 - Python 3.10

from nosana.cid import digest_of
from nosana.ipfs.content import CHUNK, cid_of

FETCH_LIMIT = 10_000_000


class IpfsError(RuntimeError):
    """Content could not be pinned or fetched; the message is one sentence."""


class IpfsClient:
    """Pins to `api_url` and fetches from `gateway_url`; addresses without `/pinning` and `/ipfs`.

    It waits `seconds` for a word of theirs, and `whole_seconds` for the whole of what it fetches.
    With `keep` its connections outlive a call, for programs that pin often from one event loop: a connection
    costs tens of milliseconds. Close them with `close`, or use it as `async with`.
    """

    def __init__(
        self,
        api_url: str,
        gateway_url: str,
        token: str | None = None,
        *,
        seconds: float = 30,
        whole_seconds: float = 300,
        keep: bool = False,
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self.gateway_url = gateway_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._seconds, self._whole_seconds, self._keep = seconds, whole_seconds, keep
        self._loop: asyncio.AbstractEventLoop | None = None
        self._kept: dict[bool, httpx.AsyncClient] = {}  # by whether a proxy may be asked

    async def __aenter__(self) -> Self:
        """Keep connections from here on."""
        self._keep = True
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close what was kept."""
        await self.close()

    async def close(self) -> None:
        """Close what was kept; the next call opens anew."""
        kept, self._kept = self._kept, {}
        for client in kept.values():
            await client.aclose()

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
        try:
            data = await asyncio.wait_for(self._read(cid, limit_bytes), self._whole_seconds)
        except asyncio.TimeoutError as error:  # noqa: UP041 - Python 3.10
            raise IpfsError(f"{cid} did not come within {self._whole_seconds:g} s.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise IpfsError(f"{cid} could not be fetched from {self.gateway_url}: {_why(error)}.") from error
        if len(data) <= CHUNK and cid_of(data) != cid:
            raise IpfsError(f"The gateway sent other content than {cid}.")
        return data

    async def _read(self, cid: str, limit_bytes: int) -> bytes:
        url, data = f"{self.gateway_url}/ipfs/{cid}", bytearray()
        async with self._client(url) as client, client.stream("GET", url, follow_redirects=True) as answer:
            if answer.status_code != 200:
                raise IpfsError(f"The gateway answered {answer.status_code} for {cid}.")
            async for piece in answer.aiter_bytes():
                data += piece
                if len(data) > limit_bytes:
                    raise IpfsError(f"{cid} is larger than the {limit_bytes:,} bytes allowed.")
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

    @contextlib.asynccontextmanager
    async def _client(self, url: str) -> AsyncIterator[httpx.AsyncClient]:
        # A proxy named in the environment is for the world outside, never for this machine.
        proxied = not is_loopback(url)
        if not self._keep:
            async with httpx.AsyncClient(timeout=self._seconds, trust_env=proxied) as client:
                yield client
            return
        if self._loop is not asyncio.get_running_loop():  # connections belong to the loop they were made in
            self._loop, self._kept = asyncio.get_running_loop(), {}
        if proxied not in self._kept:
            self._kept[proxied] = httpx.AsyncClient(timeout=self._seconds, trust_env=proxied)
        yield self._kept[proxied]


def is_loopback(url: str) -> bool:
    """Return whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _why(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
