"""Definitions and results that travel past IPFS: logistics of type `api`. Source: network facts, 2 and 3.1."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
from nosana.chain import header_make
from nosana.ipfs.client import is_loopback
from nosana.spec import Definition, FlowState
from nosana.spec.definition import LogisticsEnd
from solders.keypair import Keypair

_TRIES = 4
_LIMIT = 10_000_000


class ExchangeFailed(Exception):
    """The other side did not give or take what it should; the message is one sentence."""


class Exchange:
    """One job's confidential exchange, each call signed by the node over the job's address."""

    def __init__(self, stub: Definition, job: str, key: Keypair, *, pause_seconds: float) -> None:
        if stub.logistics is None:
            raise ExchangeFailed("This definition says nothing of an exchange.")
        self._ends, self._job, self._key, self._pause = stub.logistics, job, key, pause_seconds

    async def definition(self) -> Any:
        """Return the real definition. Raises ExchangeFailed after four tries."""
        return (await self._call("GET", self._ends.send, None)).json()

    async def result(self, state: FlowState) -> None:
        """Deliver the result. Raises ExchangeFailed after four tries."""
        await self._call("POST", self._ends.receive, state.to_json())

    async def _call(self, method: str, end: LogisticsEnd, body: Any) -> httpx.Response:
        url = (end.args.endpoint or "").replace("%%global.job%%", self._job)
        if end.type != "api" or not url:
            raise ExchangeFailed("This node exchanges only with an endpoint given in the logistics, of type api.")
        said = ""
        for attempt in range(_TRIES):
            await asyncio.sleep(self._pause if attempt else 0)
            try:
                async with httpx.AsyncClient(timeout=30, trust_env=not is_loopback(url)) as client:
                    answer = await client.request(
                        method, url, json=body, headers={"Authorization": self._header()}
                    )
                if answer.is_success and len(answer.content) <= _LIMIT:
                    if method == "GET":
                        answer.json()
                    return answer
                said = f"it answered {answer.status_code}"
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                said = f"{type(error).__name__}: {error}"
        raise ExchangeFailed(f"{method} {url} failed {_TRIES} times: {said}.")

    def _header(self) -> str:
        return header_make(self._job, self._key, datetime.now(UTC))
