"""Every request the network's published client makes, sent exactly as recorded (network facts §10)."""

import asyncio
import base64
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import websockets
from nosana.chain import Blockhash, JobAccount, ata, cluster_profile, transaction_build
from nosana.chain import instructions as ix
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from tests.sandbox.chain.serving import Served

SOL = 10**9
CLUSTER = cluster_profile("sandbox", "http://127.0.0.1:1")
TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
COUNT = itertools.count(1)  # so that no act repeats another
CONFIRMED = {"commitment": "confirmed"}
BASE64 = {"encoding": "base64", **CONFIRMED}


class World:
    """A served chain with one listed job, whose owner sends what is asked."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.me, self.market, self.job, self.run = (Keypair() for _ in range(4))
        served.faucet(self.address, lamports=50 * SOL, nos=10**9, stake=0)
        me, market = self.me.pubkey(), self.market.pubkey()
        self.send(ix.open_market(CLUSTER, market=market, authority=me, job_price=43))
        self.signature = self.send(
            ix.list_job(
                CLUSTER, job=self.job.pubkey(), run=self.run.pubkey(), market=market, payer=me, project=me,
                ipfs_job=bytes(range(32)), timeout=60,
            )
        )  # fmt: skip

    @property
    def address(self) -> str:
        """The owner."""
        return str(self.me.pubkey())

    def blob(self, *steps: Instruction) -> bytes:
        """Return a signed version 0 transaction, its price per unit first as the client sets it."""
        latest = self.served.result("getLatestBlockhash", CONFIRMED)["value"]["blockhash"]
        all_steps = [*ix.priority_fee(micro_lamports=10_000), *steps]
        wanted = {meta.pubkey for step in steps for meta in step.accounts if meta.is_signer}
        signers = [pair for pair in (self.market, self.job, self.run) if pair.pubkey() in wanted]
        return transaction_build(all_steps, payer=self.me, signers=signers, blockhash=Blockhash(latest, 0)).blob

    def send(self, *steps: Instruction) -> str:
        """Send with preflight and return the signature."""
        text = base64.b64encode(self.blob(*steps)).decode()
        options = {"encoding": "base64", "preflightCommitment": "confirmed"}
        return str(self.served.result("sendTransaction", text, options))

    def transfer(self) -> Instruction:
        """Return a transfer of a little NOS to somebody new."""
        return ix.transfer(CLUSTER, owner=self.me.pubkey(), to=self.me.pubkey(), amount=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for the file."""
    served = Served(tmp_path_factory.mktemp("chain"), "--slot-ms", "60", "--instant").start()
    yield World(served)
    served.stop()


def memcmp(offset: int, text: str) -> dict[str, Any]:
    return {"memcmp": {"offset": offset, "bytes": text, "encoding": "base58"}}


def unsigned(world: World) -> str:
    message = MessageV0.try_compile(world.me.pubkey(), [world.transfer()], [], Hash.default())
    return base64.b64encode(bytes(VersionedTransaction.populate(message, [Signature.default()]))).decode()


Row = tuple[str, Callable[[World], list[Any]], Callable[[World, Any], bool]]
REQUESTS: list[Row] = [
    (
        "getAccountInfo",
        lambda w: [str(w.job.pubkey()), BASE64],
        lambda w, r: JobAccount.decode(base64.b64decode(r["value"]["data"][0])).price == 43,
    ),
    ("getAccountInfo", lambda w: [str(Keypair().pubkey()), BASE64], lambda w, r: r["value"] is None),
    (
        "getMultipleAccounts",
        lambda w: [[str(w.job.pubkey()), str(w.run.pubkey())], BASE64],
        lambda w, r: [a is None for a in r["value"]] == [False, True],
    ),
    (
        "getProgramAccounts",
        lambda w: [
            CLUSTER.program,
            {**BASE64, "filters": [memcmp(208, "1"), memcmp(176, w.address), memcmp(72, str(w.market.pubkey()))]},
        ],
        lambda w, r: [line["pubkey"] for line in r] == [str(w.job.pubkey())],
    ),
    (
        "getProgramAccounts",
        lambda w: [
            TOKEN,
            {"encoding": "jsonParsed", "filters": [{"dataSize": 165}, memcmp(0, CLUSTER.mint)], **CONFIRMED},
        ],
        lambda w, r: ata(w.address, CLUSTER.mint) in [line["pubkey"] for line in r],
    ),
    (
        "getProgramAccounts",
        lambda w: [
            CLUSTER.program,
            {**BASE64, "filters": [memcmp(176, w.address)], "dataSlice": {"offset": 168, "length": 8}},
        ],
        lambda w, r: base64.b64decode(r[0]["account"]["data"][0]) == (43).to_bytes(8, "little"),
    ),
    (
        "getTokenAccountsByOwner",
        lambda w: [w.address, {"mint": CLUSTER.mint}, {"encoding": "jsonParsed", **CONFIRMED}],
        lambda w, r: {"owner", "mint", "tokenAmount"} <= set(r["value"][0]["account"]["data"]["parsed"]["info"]),
    ),
    (
        "getTokenAccountBalance",
        lambda w: [ata(w.address, CLUSTER.mint), CONFIRMED],
        lambda w, r: r["value"]["decimals"] == 6,
    ),
    ("getBalance", lambda w: [w.address, CONFIRMED], lambda w, r: r["value"] > SOL),
    (
        "getLatestBlockhash",
        lambda w: [CONFIRMED],
        lambda w, r: set(r["value"]) == {"blockhash", "lastValidBlockHeight"},
    ),
    ("getRecentPrioritizationFees", lambda w: [[w.address, CLUSTER.program]], lambda w, r: r == []),
    (
        "simulateTransaction",
        lambda w: [
            unsigned(w),
            {"encoding": "base64", "sigVerify": False, "replaceRecentBlockhash": True, **CONFIRMED},
        ],
        lambda w, r: r["value"]["err"] is None and r["value"]["unitsConsumed"] > 0,
    ),
    (
        "sendTransaction",
        lambda w: [
            base64.b64encode(w.blob(w.transfer())).decode(),
            {"encoding": "base64", "preflightCommitment": "confirmed"},
        ],
        lambda w, r: len(r) > 80,
    ),
    (
        "getSignatureStatuses",
        lambda w: [[w.signature]],
        lambda w, r: (r["value"][0]["confirmationStatus"], r["value"][0]["err"]) == ("finalized", None),
    ),
    (
        "getEpochInfo",
        lambda w: [CONFIRMED],
        lambda w, r: {"absoluteSlot", "blockHeight", "epoch", "slotIndex", "slotsInEpoch"} <= set(r),
    ),
    ("requestAirdrop", lambda w: [w.address, SOL, CONFIRMED], lambda w, r: len(r) > 80),
]


@pytest.mark.parametrize(("method", "params", "good"), REQUESTS, ids=[row[0] for row in REQUESTS])
def test_each_recorded_request_is_answered(
    world: World, method: str, params: Callable[[World], list[Any]], good: Callable[[World, Any], bool]
) -> None:
    answer = world.served.call(method, *params(world), number="17")
    assert answer["id"] == "17"
    assert good(world, answer["result"])


SUBSCRIPTIONS: list[Row] = [
    (
        "signature",
        lambda w: [w.signature, CONFIRMED],
        lambda w, r: r["value"] == {"err": None},
    ),
    ("slot", lambda w: [], lambda w, r: set(r) == {"parent", "root", "slot"}),
    (
        "program",
        lambda w: [CLUSTER.program, BASE64],
        lambda w, r: r["value"]["account"]["owner"] == CLUSTER.program,
    ),
    ("account", lambda w: [w.address, BASE64], lambda w, r: r["value"]["lamports"] > SOL),
]


@pytest.mark.parametrize(("kind", "params", "good"), SUBSCRIPTIONS, ids=[row[0] for row in SUBSCRIPTIONS])
@pytest.mark.parametrize("port", [0, 1])
def test_each_recorded_subscription_is_answered_and_ends_with_true(
    world: World, kind: str, params: Callable[[World], list[Any]], good: Callable[[World, Any], bool], port: int
) -> None:
    async def story() -> None:
        address = f"ws://127.0.0.1:{int(world.served.url.rsplit(':', 1)[1]) + port}"
        async with asyncio.timeout(30), websockets.connect(address, proxy=None) as socket:
            call = {"jsonrpc": "2.0", "id": "0", "method": f"{kind}Subscribe", "params": params(world)}
            await socket.send(json.dumps(call))
            number = json.loads(await socket.recv())["result"]
            await socket.send('{"jsonrpc":"2.0","method":"ping"}')
            terms = {"job_price": 43, "job_timeout": 60, "job_expiration": next(COUNT)}
            act = ix.update(CLUSTER, market=world.market.pubkey(), authority=world.me.pubkey(), **terms)
            await asyncio.to_thread(world.send, act)
            note = json.loads(await socket.recv())
            assert (note["method"], note["params"]["subscription"]) == (f"{kind}Notification", number)
            assert good(world, note["params"]["result"])
            if kind != "signature":  # told once, then gone
                await socket.send(
                    json.dumps({**call, "id": "1", "method": f"{kind}Unsubscribe", "params": [number]})
                )
                while "id" not in (answer := json.loads(await socket.recv())):
                    pass
                assert answer["result"] is True

    asyncio.run(story())


def test_three_listings_fit_one_transaction(world: World) -> None:
    me, steps, fresh = world.me.pubkey(), [], [Keypair() for _ in range(6)]
    for job, run in zip(fresh[::2], fresh[1::2], strict=True):
        steps.append(
            ix.list_job(
                CLUSTER, job=job.pubkey(), run=run.pubkey(), market=world.market.pubkey(), payer=me, project=me,
                ipfs_job=bytes(range(32)), timeout=9,
            )
        )  # fmt: skip
    latest = Blockhash(world.served.result("getLatestBlockhash", CONFIRMED)["value"]["blockhash"], 0)
    signed = transaction_build(steps, payer=world.me, signers=fresh, blockhash=latest)
    assert len(signed.blob) == 1189
    text = base64.b64encode(signed.blob).decode()
    assert world.served.result("sendTransaction", text, {"encoding": "base64"}) == signed.signature
    data = world.served.result("getAccountInfo", str(world.market.pubkey()), BASE64)["value"]["data"][0]
    queued = base64.b64decode(data)[151:]
    assert all(bytes(job.pubkey()) in queued for job in fresh[::2])
