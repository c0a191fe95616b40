"""The JSON-RPC server as foreign clients meet it (network facts §10)."""

import base64
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from nosana import base58
from nosana.chain import Blockhash, ata, cluster_profile, metadata, stake_account, transaction_build
from nosana.chain import instructions as ix
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import Message
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from sandbox.chain.server import sockets_open
from tests.sandbox.chain.serving import ROOT, Served

SOL = 10**9
TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
CLUSTER = cluster_profile("sandbox", "http://127.0.0.1:1")
PROCESSED = {"commitment": "processed"}
CONFIRMED = {"commitment": "confirmed"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with slots of 100 ms that are final after eight."""
    served = Served(tmp_path_factory.mktemp("chain"), "--slot-ms", "100", "--finality-lag", "8").start()
    yield served
    assert served.stop() == 0


@pytest.fixture(scope="module")
def payer(served: Served) -> Keypair:
    """Somebody with SOL and NOS."""
    pair = Keypair()
    served.faucet(str(pair.pubkey()), lamports=10 * SOL, nos=5_000_000)
    served.until(lambda: served.result("getBalance", str(pair.pubkey()), CONFIRMED)["value"] > 0)
    return pair


def blob(served: Served, payer: Keypair, amount: int = SOL, to: Pubkey | None = None) -> bytes:
    value = served.result("getLatestBlockhash", PROCESSED)["value"]
    step = transfer(
        TransferParams(from_pubkey=payer.pubkey(), to_pubkey=to or Keypair().pubkey(), lamports=amount)
    )
    return transaction_build([step], payer=payer, blockhash=Blockhash(value["blockhash"], 0)).blob


def sent(served: Served, raw: bytes, **options: object) -> dict:
    return served.call("sendTransaction", base64.b64encode(raw).decode(), {"encoding": "base64", **options})


@pytest.mark.parametrize("number", ["0", "abc", 7, None, 2**60])
def test_ids_come_back_unchanged(served: Served, number: object) -> None:
    assert served.call("getHealth", number=number) == {"jsonrpc": "2.0", "id": number, "result": "ok"}


def test_unknown_methods_and_broken_requests_are_told_apart(served: Served) -> None:
    assert served.error("getNothing")["code"] == -32601
    assert served.error("getBalance")["code"] == -32602
    assert served.error("getBalance", "nonsense")["message"] == "Invalid param: 'nonsense' is not an address."
    assert served.error("getSlot", {"commitment": "max"})["code"] == -32602
    request = urllib.request.Request(served.url, b"{", {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
        assert json.load(response)["error"]["code"] == -32700


def test_a_batch_is_answered_in_order(served: Served) -> None:
    body = json.dumps([{"jsonrpc": "2.0", "id": n, "method": "getHealth"} for n in (1, 2)]).encode()
    request = urllib.request.Request(served.url, body, {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
        assert [answer["id"] for answer in json.load(response)] == [1, 2]


def test_browsers_may_ask_from_anywhere(served: Served) -> None:
    headers = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "solana-client,content-type",
    }
    request = urllib.request.Request(served.url, headers=headers, method="OPTIONS")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
        assert response.headers["access-control-allow-origin"] == "*"
        assert "solana-client" in response.headers["access-control-allow-headers"]


def test_the_cluster_tells_where_it_is(served: Served) -> None:
    info = served.result("getEpochInfo", PROCESSED)
    assert info["absoluteSlot"] - info["blockHeight"] == 100
    assert info["slotsInEpoch"] == 432_000
    assert served.result("getVersion")["solana-core"]
    assert len(base58.decode(served.result("getGenesisHash"))) == 32
    latest = served.result("getLatestBlockhash", {"commitment": "confirmed"})
    assert latest["value"]["lastValidBlockHeight"] == latest["context"]["slot"] - 100 + 150
    valid = served.result("isBlockhashValid", latest["value"]["blockhash"], PROCESSED)
    assert valid["value"] is True
    assert served.result("isBlockhashValid", str(Hash.default()), PROCESSED)["value"] is False
    assert served.result("getRecentPrioritizationFees", [TOKEN]) == []
    assert served.result("getMinimumBalanceForRentExemption", 240) == 2_561_280


def test_a_transaction_climbs_from_processed_to_finalized(served: Served, payer: Keypair) -> None:
    signature = sent(served, blob(served, payer))["result"]
    seen: list[str] = []
    while not seen or seen[-1] != "finalized":
        status = served.result("getSignatureStatuses", [signature])["value"][0]
        assert status["err"] is None
        if not seen or seen[-1] != status["confirmationStatus"]:
            seen.append(status["confirmationStatus"])
        time.sleep(0.02)
    # a busy machine may be asked too late for the first; the levels themselves are tried in test_bank
    assert seen == ["processed", "confirmed", "finalized"][-len(seen) :]
    assert served.result("getSignatureStatuses", [signature])["value"][0]["confirmations"] is None


def test_unknown_signatures_are_null(served: Served) -> None:
    assert served.result("getSignatureStatuses", [str(Signature.new_unique())])["value"] == [None]
    assert served.result("getTransaction", str(Signature.new_unique()), {}) is None


def test_preflight_failures_carry_error_and_logs(served: Served, payer: Keypair) -> None:
    error = sent(served, blob(served, payer, amount=500 * SOL))["error"]
    assert error["code"] == -32002
    assert error["message"].startswith("Transaction simulation failed: Error processing Instruction 0")
    assert error["data"]["err"] == {"InstructionError": [0, {"Custom": 1}]}
    assert any("insufficient lamports" in line for line in error["data"]["logs"])
    assert {"accounts", "unitsConsumed", "returnData"} <= set(error["data"])


def test_without_preflight_a_failure_lands_and_costs_its_fee(served: Served, payer: Keypair) -> None:
    before = served.result("getBalance", str(payer.pubkey()), PROCESSED)["value"]
    signature = sent(served, blob(served, payer, amount=500 * SOL), skipPreflight=True)["result"]
    status = served.result("getSignatureStatuses", [signature])["value"][0]
    assert status["err"] == {"InstructionError": [0, {"Custom": 1}]}
    assert before - served.result("getBalance", str(payer.pubkey()), PROCESSED)["value"] == 5000


def test_forged_signatures_and_rubbish_are_refused(served: Served, payer: Keypair) -> None:
    raw = bytearray(blob(served, payer))
    raw[5] ^= 1
    assert sent(served, bytes(raw))["error"]["code"] == -32003
    assert sent(served, b"rubbish")["error"]["code"] == -32602
    assert served.error("sendTransaction", "!!", {"encoding": "base64"})["code"] == -32602
    assert "too large: 1300 bytes" in sent(served, bytes(1300))["error"]["message"]


def test_transactions_may_come_in_base58_and_in_the_old_form(served: Served, payer: Keypair) -> None:
    value = served.result("getLatestBlockhash", PROCESSED)["value"]
    step = transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=Keypair().pubkey(), lamports=SOL))
    message = Message.new_with_blockhash([step], payer.pubkey(), Hash.from_string(value["blockhash"]))
    old = VersionedTransaction(message, [payer])
    signature = served.result("sendTransaction", base58.encode(bytes(old)))
    found = served.result("getTransaction", signature, {**PROCESSED, "encoding": "json"})
    assert found["version"] == "legacy"
    assert found["meta"]["err"] is None
    assert found["transaction"]["message"]["accountKeys"][0] == str(payer.pubkey())
    parsed = served.result("getTransaction", signature, {**PROCESSED, "encoding": "jsonParsed"})
    first = {"pubkey": str(payer.pubkey()), "signer": True, "writable": True, "source": "transaction"}
    assert parsed["transaction"]["message"]["accountKeys"][0] == first
    assert parsed["transaction"]["message"]["instructions"][0]["programId"] == "1" * 32


def test_simulation_needs_neither_signature_nor_blockhash(served: Served, payer: Keypair) -> None:
    to = Keypair().pubkey()
    step = transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=to, lamports=SOL))
    message = Message([step], payer.pubkey())
    raw = bytes(VersionedTransaction.populate(message, [Signature.default()]))
    options = {"encoding": "base64", "sigVerify": False, "replaceRecentBlockhash": True, **PROCESSED}
    options["accounts"] = {"encoding": "base64", "addresses": [str(to)]}
    value = served.result("simulateTransaction", base64.b64encode(raw).decode(), options)["value"]
    assert value["err"] is None
    assert value["unitsConsumed"] > 0
    assert value["accounts"][0]["lamports"] == SOL
    assert set(value["replacementBlockhash"]) == {"blockhash", "lastValidBlockHeight"}
    assert served.result("getBalance", str(to), PROCESSED)["value"] == 0
    strict = served.result("simulateTransaction", base64.b64encode(raw).decode(), {"encoding": "base64"})
    assert strict["value"]["err"] == "BlockhashNotFound"


def test_token_accounts_and_mints_are_parsed(served: Served, payer: Keypair) -> None:
    owner, mint = str(payer.pubkey()), CLUSTER.mint
    options = {"encoding": "jsonParsed", "commitment": "confirmed"}
    found = served.result("getTokenAccountsByOwner", owner, {"mint": mint}, options)["value"]
    assert [line["pubkey"] for line in found] == [ata(owner, mint)]
    info = found[0]["account"]["data"]["parsed"]["info"]
    assert (info["owner"], info["mint"]) == (owner, mint)
    assert info["tokenAmount"]["amount"] == "5000000"
    assert info["tokenAmount"] | {"decimals": 6, "uiAmount": 5.0, "uiAmountString": "5"} == info["tokenAmount"]
    parsed = served.result("getAccountInfo", mint, options)["value"]["data"]["parsed"]
    assert (parsed["type"], parsed["info"]["decimals"]) == ("mint", 6)
    balance = served.result("getTokenAccountBalance", ata(owner, mint), PROCESSED)["value"]
    assert balance["amount"] == "5000000"
    assert served.error("getTokenAccountBalance", owner)["code"] == -32602
    everyone = [{"dataSize": 165}, {"memcmp": {"offset": 0, "bytes": mint, "encoding": "base58"}}]
    holders = served.result("getProgramAccounts", TOKEN, {**options, "filters": everyone})
    assert ata(owner, mint) in [line["pubkey"] for line in holders]


def test_accounts_come_in_each_encoding(served: Served, payer: Keypair) -> None:
    address = ata(str(payer.pubkey()), CLUSTER.mint)
    whole = served.result("getAccountInfo", address, {"encoding": "base64", **PROCESSED})["value"]
    assert whole["rentEpoch"] == 2**64 - 1
    assert whole["space"] == len(base64.b64decode(whole["data"][0])) == 165
    piece = {"encoding": "base58", "dataSlice": {"offset": 32, "length": 32}, **PROCESSED}
    assert served.result("getAccountInfo", address, piece)["value"]["data"] == [str(payer.pubkey()), "base58"]
    wrong = served.error("getAccountInfo", address, {"encoding": "xml", **PROCESSED})
    assert "'xml' is not one of" in wrong["message"]
    assert served.result("getAccountInfo", str(Keypair().pubkey()))["value"] is None
    both = served.result("getMultipleAccounts", [address, str(Keypair().pubkey())], PROCESSED)["value"]
    assert (both[0]["lamports"], both[1]) == (2_039_280, None)
    assert served.error("getMultipleAccounts", [address] * 101)["code"] == -32602
    program = served.result("getAccountInfo", CLUSTER.program, {"encoding": "base64"})["value"]
    assert program["executable"] is True


def test_program_accounts_obey_filters_and_slices(served: Served, payer: Keypair) -> None:
    market = Keypair()
    value = served.result("getLatestBlockhash", PROCESSED)["value"]
    step = ix.open_market(CLUSTER, market=market.pubkey(), authority=payer.pubkey(), job_price=7)
    blockhash = Blockhash(value["blockhash"], 0)
    sent(served, transaction_build([step], payer=payer, signers=[market], blockhash=blockhash).blob)
    mine = {"memcmp": {"offset": 8, "bytes": str(payer.pubkey())}}

    def ask(*filters: object, **more: object) -> object:
        options = {"encoding": "base64", "filters": list(filters), **PROCESSED, **more}
        return served.result("getProgramAccounts", CLUSTER.program, options)

    assert [line["pubkey"] for line in ask(mine)] == [str(market.pubkey())]  # type: ignore[union-attr]
    assert ask(mine, {"dataSize": 240}) == []
    price = ask(mine, {"dataSize": 10224}, dataSlice={"offset": 48, "length": 8})
    assert base64.b64decode(price[0]["account"]["data"][0]) == (7).to_bytes(8, "little")  # type: ignore[index]
    raw = base64.b64encode(bytes(payer.pubkey())).decode()
    assert ask({"memcmp": {"offset": 8, "bytes": raw, "encoding": "base64"}}) == ask(mine)
    assert "context" in ask(mine, withContext=True)  # type: ignore[operator]
    assert served.error("getProgramAccounts", CLUSTER.program, {"filters": [{"x": 1}]})["code"] == -32602
    assert served.error("getProgramAccounts", CLUSTER.program, {"filters": [mine] * 5})["code"] == -32602


def test_an_addresss_history_is_paged_newest_first(served: Served, payer: Keypair) -> None:
    to = Keypair().pubkey()
    made = [sent(served, blob(served, payer, amount=SOL // 10 + n, to=to))["result"] for n in range(3)]

    def history(**more: object) -> list[str]:
        found = served.result("getSignaturesForAddress", str(to), CONFIRMED | more)
        return [line["signature"] for line in found]

    served.until(lambda: len(history()) == len(made))
    assert history() == made[::-1]
    assert history(limit=1) == [made[2]]
    assert history(before=made[2]) == [made[1], made[0]]
    assert history(until=made[0]) == [made[2], made[1]]
    assert served.result("getSignaturesForAddress", str(Keypair().pubkey()), {}) == []


def test_airdrops_work_and_say_their_signature(served: Served) -> None:
    to = str(Keypair().pubkey())
    signature = served.result("requestAirdrop", to, 2 * SOL)
    assert served.result("getSignatureStatuses", [signature])["value"][0]["err"] is None
    assert served.result("getBalance", to, PROCESSED)["value"] == 2 * SOL


def test_a_port_in_use_is_told_in_one_sentence(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        other = Served(served.folder / "other", "--port", port)
        with pytest.raises(ValueError, match="unpack"):
            other.start()
        assert other.process is not None
        assert other.process.wait(60) == 1
        assert other.process.stdout is not None
        other.process.stdout.close()
    assert f"Port {port} cannot be used" in capfd.readouterr().err


def test_killing_the_process_loses_the_open_slot_at_most(tmp_path: Path) -> None:
    with Served(tmp_path, "--slot-ms", "100") as served:
        genesis, to = served.result("getGenesisHash"), str(Keypair().pubkey())
        kept = served.faucet(to, lamports=SOL, nos=7)
        slot = served.result("getSlot", PROCESSED)
        served.until(lambda: served.result("getSlot", PROCESSED) > slot + 1)
        served.faucet(to, lamports=SOL)
        slot = served.result("getSlot", PROCESSED)
        assert served.stop(signal.SIGKILL) == -signal.SIGKILL
        served.start()
        assert served.result("getGenesisHash") == genesis
        assert served.result("getSlot", PROCESSED) >= slot
        assert served.result("getBalance", to)["value"] in (SOL, 2 * SOL)
        assert served.result("getTokenAccountBalance", ata(to, CLUSTER.mint))["value"]["amount"] == "7"
        assert served.result("getSignatureStatuses", [kept])["value"][0]["confirmationStatus"] == "finalized"
        assert served.result("getTransaction", kept, {"encoding": "base64"})["meta"]["err"] is None


def test_the_clock_can_be_set_forward_but_not_back(served: Served) -> None:
    before = served.result("sandboxClock", {"seconds": 0})
    assert served.result("sandboxClock", {"seconds": 3600}) - before >= 3600
    assert "never runs backwards" in served.error("sandboxClock", {"seconds": -1})["message"]


def test_the_faucet_command_gives_nos_sol_and_a_stake(served: Served) -> None:
    to = str(Keypair().pubkey())
    command = [sys.executable, "-m", "sandbox.chain", "faucet", "--url", served.url, "--to", to]
    gifts = ["--nos", "1.5", "--sol", "0.25", "--stake", "2"]
    done = subprocess.run([*command, *gifts], cwd=ROOT, capture_output=True, text=True, check=True)
    assert served.result("getSignatureStatuses", [done.stdout.strip()])["value"][0]["err"] is None
    balance = served.result("getTokenAccountBalance", ata(to, CLUSTER.mint), PROCESSED)["value"]
    assert balance["uiAmountString"] == "1.5"
    stake = served.result("getAccountInfo", stake_account(CLUSTER, to), {"encoding": "base64", **PROCESSED})
    assert int.from_bytes(base64.b64decode(stake["value"]["data"][0])[8:16], "little") == 2_000_000
    bad = subprocess.run([*command, "--nos", "0.0000001"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (bad.returncode, "at most 6 decimal places" in bad.stderr) == (2, True)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("requestAirdrop", [str(Keypair().pubkey()), -5]),
        ("requestAirdrop", [str(Keypair().pubkey()), 2**70]),
        ("sandboxFaucet", [{"to": "nonsense"}]),
        ("sandboxFaucet", [{}]),
        ("sandboxFaucet", [{"to": str(Keypair().pubkey()), "nos": -1}]),
        ("sandboxForkDrop", []),
        ("getAccountInfo", [{}]),
        ("getAccountInfo", [str(Keypair().pubkey()), "base64"]),
        ("getMultipleAccounts", [5]),
        ("getSignatureStatuses", []),
        ("getProgramAccounts", [TOKEN, {"filters": 5}]),
        ("simulateTransaction", ["AA==", {"encoding": "base64"}]),
    ],
)
def test_bad_parameters_get_an_error_and_never_a_crash(served: Served, method: str, params: list[object]) -> None:
    assert served.error(method, *params)["code"] == -32602


def test_a_chain_is_run_by_one_process_alone(served: Served) -> None:
    command = [sys.executable, "-m", "sandbox.chain", "--port", "0", "--data", str(served.folder)]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "is in use by another process" in second.stderr
    assert "Traceback" not in second.stderr


def test_an_access_key_is_a_real_token_with_its_collection(served: Served) -> None:
    to, collection = str(Keypair().pubkey()), str(Keypair().pubkey())
    mint = served.result("sandboxAccessKey", {"to": to, "collection": collection})
    balance = served.result("getTokenAccountBalance", ata(to, mint), PROCESSED)["value"]
    assert (balance["amount"], balance["decimals"], balance["uiAmountString"]) == ("1", 0, "1")
    found = served.result("getAccountInfo", metadata(mint), {"encoding": "base64", **PROCESSED})["value"]
    assert found["owner"] == "metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s"
    assert bytes(Pubkey.from_string(collection)) in base64.b64decode(found["data"][0])


def test_answers_on_a_kept_connection_are_not_delayed() -> None:
    listening, _ = sockets_open(0)
    with socket.socket() as client:
        listening[0].listen()
        client.connect(listening[0].getsockname())
        accepted, _ = listening[0].accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP  # what makes asyncio set TCP_NODELAY
    for one in listening:
        one.close()
