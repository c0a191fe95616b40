"""The stand-in for IPFS, through the client the platform uses."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from nosana.ipfs import IpfsClient, IpfsError, cid_of

from tests.sandbox.processes import Started, started


@pytest.fixture
def ipfs(tmp_path: Path) -> Iterator[Started]:
    with started("sandbox.ipfs", "--port", "0", "--data", str(tmp_path / "ipfs")) as part:
        yield part


def test_what_is_pinned_comes_back_by_its_cid(ipfs: Started) -> None:
    client = IpfsClient(ipfs.url, ipfs.url, token="any")
    value = {"b": [1, "é"], "a": None}
    cid = asyncio.run(client.pin_json(value))
    assert cid == cid_of(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
    assert asyncio.run(client.fetch_json(cid)) == value
    large = bytes(700_000)
    assert asyncio.run(client.pin_bytes(large)) == cid_of(large)
    assert asyncio.run(client.fetch(cid_of(large))) == large


def test_content_outlives_a_restart(ipfs: Started, tmp_path: Path) -> None:
    cid = asyncio.run(IpfsClient(ipfs.url, ipfs.url).pin_json([1]))
    assert ipfs.end() == 0
    with started("sandbox.ipfs", "--port", "0", "--data", str(tmp_path / "ipfs")) as again:
        assert asyncio.run(IpfsClient(again.url, again.url).fetch_json(cid)) == [1]


def test_an_answer_has_the_fields_pinata_gives(ipfs: Started) -> None:
    answer = httpx.post(f"{ipfs.url}/pinning/pinJSONToIPFS", json={"a": 1}, trust_env=False).json()
    assert answer["IpfsHash"] == cid_of(b'{"a":1}')
    assert answer["PinSize"] == 7
    assert answer["Timestamp"].endswith("Z")


def test_what_is_missing_broken_too_large_or_forged_is_told_in_a_sentence(ipfs: Started, tmp_path: Path) -> None:
    client = IpfsClient(ipfs.url, ipfs.url)
    cid = asyncio.run(client.pin_bytes(b"not json"))
    cases = [
        (client.fetch(cid_of(b"never pinned")), "answered 404"),
        (client.fetch(cid, limit_bytes=3), "larger than the 3 bytes allowed"),
        (client.fetch_json(cid), "does not hold JSON"),
        (IpfsClient("http://127.0.0.1:9", "http://127.0.0.1:9").pin_json(1), "could not be reached"),
        (IpfsClient("http://127.0.0.1:9", "http://127.0.0.1:9").fetch(cid), "could not be fetched"),
    ]
    for act, sentence in cases:
        with pytest.raises(IpfsError, match=sentence):
            asyncio.run(act)
    (tmp_path / "ipfs" / cid).write_bytes(b"forged")
    with pytest.raises(IpfsError, match="other content"):
        asyncio.run(client.fetch(cid))
    assert httpx.post(f"{ipfs.url}/pinning/pinJSONToIPFS", content=b"{", trust_env=False).status_code == 400
    assert httpx.get(f"{ipfs.url}/ipfs/..%2F..%2Fetc%2Fpasswd", trust_env=False).status_code == 404


def test_connections_are_kept_while_wanted_and_made_anew_in_another_loop(ipfs: Started) -> None:
    client = IpfsClient(ipfs.url, ipfs.url, keep=True)

    async def twice() -> bool:
        first = await client.pin_json([1])
        kept = dict(client._kept)
        return first == await client.pin_json([1]) and kept == client._kept and len(kept) == 1

    assert asyncio.run(twice())
    assert asyncio.run(twice())

    async def closed() -> int:
        async with IpfsClient(ipfs.url, ipfs.url) as other:
            await other.pin_json([1])
        return len(other._kept)

    assert asyncio.run(closed()) == 0
