"""The endpoint that misbehaves does so as it is told, and passes on everything else."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nosana.chain import Chain, ChainUnavailable, Cluster, cluster_discover, transaction_build
from nosana.chain import instructions as ix
from solders.keypair import Keypair

from sandbox.faults.faults import BadFaults, Dice, Faults
from sandbox.services.process import Child


def started(log: Path, module: str, *options: str) -> tuple[Child, str]:
    """Start a part of the sandbox and return it with its address."""
    child = Child([sys.executable, "-m", module, "--port", "0", *options], log=log)
    child.wait_ready(lambda: "ready" in log.read_text())
    return child, log.read_text().split()[1]


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A chain and the proxy before it."""
    folder = tmp_path_factory.mktemp("faults")
    chain, upstream = started(folder / "chain.log", "sandbox.chain", "--data", str(folder / "chain"), "--instant")
    proxy, url = started(folder / "proxy.log", "sandbox.faults", "--upstream", upstream)
    yield upstream, url
    proxy.stop()
    chain.stop()


def told(url: str, wish: dict[str, Any]) -> dict[str, Any]:
    """Set the faults."""
    answer = httpx.post(f"{url}/faults", content=json.dumps(wish), trust_env=False, timeout=60)
    return {"status": answer.status_code, **answer.json()}


@pytest.fixture
def cluster(urls: tuple[str, str]) -> Cluster:
    """The chain as the proxy shows it."""
    told(urls[1], {})
    return asyncio.run(cluster_discover(urls[1]))


def sent(url: str, cluster: Cluster, wish: dict[str, Any]) -> tuple[bool, bool]:
    """Send a transaction under the faults; return whether an answer came, and whether it landed."""
    payer = Keypair()

    async def run() -> tuple[bool, bool]:
        async with Chain(cluster) as chain:
            await chain._client.request_airdrop(payer.pubkey(), 10**9)
            act = ix.ata_create(cluster, owner=payer.pubkey(), payer=payer.pubkey())
            signed = transaction_build([act], payer=payer, blockhash=await chain.blockhash())
            told(url, wish)
            try:
                answered = await chain.send(signed.blob) == signed.signature
            except ChainUnavailable:
                answered = False
            told(url, {})
            return answered, (await chain.statuses([signed.signature]))[0] is not None

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("wish", "outcome"),
    [
        ({}, (True, True)),
        ({"lose": 1}, (False, True)),
        ({"forget": 1}, (True, False)),
        ({"drop": 1}, (False, False)),
        ({"limit": 1}, (False, False)),
        ({"fail": 1, "only": ["sendTransaction"]}, (False, False)),
    ],
)
def test_a_transaction_is_answered_and_lands_as_the_fault_says(
    urls: tuple[str, str], cluster: Cluster, wish: dict[str, Any], outcome: tuple[bool, bool]
) -> None:
    assert sent(urls[1], cluster, wish) == outcome


def test_a_stale_answer_is_the_one_given_before(urls: tuple[str, str], cluster: Cluster) -> None:
    told(urls[1], {"stale": 1, "stale_s": 60})

    async def run() -> list[int]:
        async with Chain(cluster) as chain:
            first = await chain.slot()
            await asyncio.sleep(1)
            return [first, await chain.slot()]

    first, again = asyncio.run(run())
    assert first == again


def test_the_same_seed_strikes_alike_and_counts() -> None:
    dice = [Dice(7, Faults(drop=0.5)) for _ in range(2)]
    struck = [[one.strikes("drop", "getSlot") for _ in range(50)] for one in dice]
    assert struck[0] == struck[1]
    assert dice[0].struck["drop"] == sum(struck[0]) > 0


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [({"dropp": 1}, "There is no fault dropp"), ({"drop": 2}, "from 0 to 1"), ({"drop": "x"}, "from 0 to 1")],
)
def test_a_wish_that_cannot_be_met_is_one_sentence(
    urls: tuple[str, str], wish: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BadFaults, match=sentence):
        Faults.of(wish)
    answer = told(urls[1], wish)
    assert (answer["status"], sentence in answer["error"]) == (400, True)
