"""Subscriptions over a bare WebSocket, as foreign clients use them (network facts §10)."""

import asyncio
import base64
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import websockets
from nosana.chain import Blockhash, JobAccount, cluster_profile, transaction_build
from nosana.chain import instructions as ix
from solders.keypair import Keypair
from solders.signature import Signature

from sandbox.chain import server
from tests.sandbox.chain.serving import Served

SOL = 10**9
CLUSTER = cluster_profile("sandbox", "http://127.0.0.1:1")
Ws = websockets.ClientConnection


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with slots of 100 ms that are final after six."""
    served = Served(tmp_path_factory.mktemp("chain"), "--slot-ms", "100", "--finality-lag", "6").start()
    yield served
    served.stop()


def talk(served: Served, story: Callable[[Ws], Awaitable[None]], *, port: int = 0) -> None:
    """Run a story on a socket, for a minute at most."""
    address = f"ws://127.0.0.1:{int(served.url.rsplit(':', 1)[1]) + port}"

    async def main() -> None:
        async with asyncio.timeout(60), websockets.connect(address, proxy=None) as socket:
            await story(socket)

    asyncio.run(main())


async def ask(socket: Ws, method: str, *params: Any, number: Any = "0") -> Any:
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}))
    while True:
        answer = json.loads(await socket.recv())
        if answer.get("id") == number:
            return answer.get("result", answer.get("error"))


async def hear(socket: Ws, method: str) -> Any:
    while True:
        note = json.loads(await socket.recv())
        if note.get("method") == method:
            return note["params"]


def give(served: Served, to: str) -> str:
    return served.faucet(to, lamports=SOL)


@pytest.mark.parametrize("port", [0, 1])
def test_sockets_are_served_on_the_port_and_the_next(served: Served, port: int) -> None:
    async def story(socket: Ws) -> None:
        number = await ask(socket, "slotSubscribe")
        notes = [await hear(socket, "slotNotification") for _ in range(2)]
        assert notes[1]["subscription"] == number
        assert notes[1]["result"]["parent"] == notes[1]["result"]["slot"] - 1 == notes[0]["result"]["slot"]
        assert await ask(socket, "slotUnsubscribe", number) is True
        assert (await ask(socket, "slotUnsubscribe", number))["code"] == -32602

    talk(served, story, port=port)


def test_where_somebody_has_the_next_port_another_pair_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    bind, asked = server._bind, []

    def crowded(port: int) -> socket.socket:
        asked.append(port)
        if len(asked) == 2:
            raise OSError("Address already in use")
        return bind(port)

    monkeypatch.setattr(server, "_bind", crowded)
    pair, port = server.sockets_open(0)
    assert [one.getsockname()[1] for one in pair] == [port, port + 1]
    assert len(asked) == 4
    for one in pair:
        one.close()


def test_a_ping_without_id_is_ignored(served: Served) -> None:
    async def story(socket: Ws) -> None:
        await socket.send('{"jsonrpc":"2.0","method":"ping"}')
        with suppress(TimeoutError):
            assert await asyncio.wait_for(socket.recv(), 0.3) is None
        assert isinstance(await ask(socket, "slotSubscribe"), int)

    talk(served, story)


def test_rubbish_gets_an_error_and_the_socket_lives(served: Served) -> None:
    async def story(socket: Ws) -> None:
        await socket.send("{")
        assert json.loads(await socket.recv())["error"]["code"] == -32700
        assert (await ask(socket, "nothingSubscribe"))["code"] == -32601
        assert (await ask(socket, "accountSubscribe"))["code"] == -32602
        assert (await ask(socket, "accountSubscribe", "nonsense"))["code"] == -32602
        assert isinstance(await ask(socket, "rootSubscribe"), int)

    talk(served, story)


@pytest.mark.parametrize("level", ["processed", "confirmed", "finalized"])
def test_a_signature_is_announced_once_when_it_reaches_its_level(served: Served, level: str) -> None:
    async def story(socket: Ws) -> None:
        signature = await asyncio.to_thread(give, served, str(Keypair().pubkey()))
        number = await ask(socket, "signatureSubscribe", signature, {"commitment": level})
        note = await hear(socket, "signatureNotification")
        assert (note["subscription"], note["result"]["value"]) == (number, {"err": None})
        status = (await asyncio.to_thread(served.result, "getSignatureStatuses", [signature]))["value"][0]
        order = ["processed", "confirmed", "finalized"]
        assert order.index(status["confirmationStatus"]) >= order.index(level)
        again = await ask(socket, "signatureSubscribe", signature, {"commitment": level})
        assert (await hear(socket, "signatureNotification"))["subscription"] == again

    talk(served, story)


def test_a_signature_nobody_sent_stays_silent(served: Served) -> None:
    async def story(socket: Ws) -> None:
        number = await ask(socket, "signatureSubscribe", str(Signature.new_unique()), {"commitment": "processed"})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(hear(socket, "signatureNotification"), 0.5)
        assert await ask(socket, "signatureUnsubscribe", number) is True

    talk(served, story)


def test_an_account_is_announced_at_each_level(served: Served) -> None:
    async def story(socket: Ws) -> None:
        to = str(Keypair().pubkey())
        for level in ("processed", "confirmed", "finalized"):
            await ask(socket, "accountSubscribe", to, {"encoding": "base64", "commitment": level})
        await asyncio.to_thread(give, served, to)
        notes = [await hear(socket, "accountNotification") for _ in range(3)]
        assert [note["result"]["value"]["lamports"] for note in notes] == [SOL] * 3
        assert len({note["result"]["context"]["slot"] for note in notes}) == 1

    talk(served, story)


def test_logs_come_for_all_or_for_a_mention(served: Served) -> None:
    async def story(socket: Ws) -> None:
        to = str(Keypair().pubkey())
        await ask(socket, "logsSubscribe", {"mentions": [to]}, {"commitment": "processed"})
        await asyncio.to_thread(give, served, str(Keypair().pubkey()))
        signature = await asyncio.to_thread(give, served, to)
        value = (await hear(socket, "logsNotification"))["result"]["value"]
        assert (value["signature"], value["err"]) == (signature, None)
        assert any("success" in line for line in value["logs"])

    talk(served, story)


def test_the_program_announces_created_changed_and_closed_accounts(served: Served) -> None:
    paula, market, job, run = (Keypair() for _ in range(4))
    served.faucet(str(paula.pubkey()), lamports=5 * SOL, nos=10**6)

    def send(*steps: Any) -> None:
        latest = served.result("getLatestBlockhash", {"commitment": "processed"})["value"]
        wanted = {meta.pubkey for step in steps for meta in step.accounts if meta.is_signer}
        signers = [pair for pair in (market, job, run) if pair.pubkey() in wanted]
        signed = transaction_build(
            steps, payer=paula, signers=signers, blockhash=Blockhash(latest["blockhash"], 0)
        )
        served.result("sendTransaction", base64.b64encode(signed.blob).decode(), {"encoding": "base64"})
        served.until(lambda: confirmed(signed.signature))

    def confirmed(signature: str) -> bool:
        status = served.result("getSignatureStatuses", [signature])["value"][0]
        return status is not None and status["confirmationStatus"] != "processed"

    who = {"payer": paula.pubkey(), "project": paula.pubkey()}
    opening = ix.open_market(CLUSTER, market=market.pubkey(), authority=paula.pubkey(), job_price=1)
    listing = ix.list_job(
        CLUSTER, job=job.pubkey(), run=run.pubkey(), market=market.pubkey(), ipfs_job=bytes(range(32)),
        timeout=9, **who,
    )  # fmt: skip
    delisting = ix.delist(CLUSTER, job=job.pubkey(), market=market.pubkey(), **who)

    async def story(socket: Ws) -> None:
        await ask(socket, "programSubscribe", CLUSTER.program, {"encoding": "base64", "commitment": "confirmed"})
        for step in (opening, listing, delisting):
            await asyncio.to_thread(send, step)  # each in a slot of its own, or their notes would be one
        notes = [(await hear(socket, "programNotification"))["result"]["value"] for _ in range(5)]
        mine = [note["account"] for note in notes if note["pubkey"] == str(job.pubkey())]
        assert JobAccount.decode(base64.b64decode(mine[0]["data"][0])).timeout == 9
        assert (mine[1]["lamports"], mine[1]["data"]) == (0, ["", "base64"])
        assert sum(note["pubkey"] == str(market.pubkey()) for note in notes) == 3

    talk(served, story)
