"""The GPU node as a process, on a real sandbox chain and IPFS."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from nosana.chain import JobState, instructions
from solders.keypair import Keypair

from tests.sandbox.node.world import PRICE, Surroundings, primes, shell
from tests.sandbox.processes import Started


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    surroundings = Surroundings(tmp_path_factory.mktemp("around"))
    yield surroundings
    surroundings.end()


@pytest.fixture(scope="module")
def node(around: Surroundings) -> Iterator[Started]:
    part = around.node("one")
    yield part
    part.end()


def address(part: Started) -> str:
    return str(httpx.get(part.url, trust_env=False).json())


async def flog(
    url: str, job: str, path: str = "/flog", *, until: str = "", **body: Any
) -> tuple[list[dict[str, Any]], int | None]:
    """Return the frames of a conversation until the node closes it or says `until`, and its close code."""
    frames = []
    async with websockets.connect(url.replace("http", "ws"), proxy=None) as channel:
        await channel.send(json.dumps({"path": path, "header": "", "body": {"jobAddress": job, **body}}))
        with contextlib.suppress(websockets.ConnectionClosedError):
            async for text in channel:
                frame = json.loads(text)
                assert frame["path"] == path.strip("/")
                frames.append(json.loads(frame["data"]))
                if frames[-1]["message"] == until:
                    break
    return frames, channel.close_code


def begun(around: Surroundings, node: Started, job: str, word: str = "begun") -> None:
    """Wait until the job has said that."""
    around.wait(lambda chain: chain.runs(job=job))

    async def said() -> None:
        async with asyncio.timeout(30):
            while not (await flog(node.url, job, until=word))[0]:
                await asyncio.sleep(0.1)

    asyncio.run(said())


def test_a_job_is_run_paid_and_its_result_pinned(around: Surroundings, node: Started) -> None:
    job = around.post(primes())
    state = around.wait_result(job)
    assert state.status == "success"
    assert state.results() == {"primes": {"primes": ["1229"]}}
    assert state.op_states[0].logs[-1].log == "primes below 10000: 1229"
    account = around.job(job)
    assert account.state == JobState.DONE
    assert account.node == address(node)
    seconds = account.time_end - account.time_start
    assert 7 <= seconds <= 60
    earned = around.wait(lambda chain: chain.token_balance(account.node))
    assert (earned - seconds * PRICE) % 1_000_000 == 0  # beside what the faucet gave


def test_the_log_is_replayed_and_streamed_and_can_be_filtered(around: Surroundings, node: Started) -> None:
    job = around.post(shell("echo one; sleep 2; echo two >&2"))
    begun(around, node, job, "one")
    frames, code = asyncio.run(flog(node.url, job))
    assert code == 1000
    assert [frame["message"] for frame in frames if frame["type"] == "container"] == ["one", "two"]
    assert frames[-1].keys() == {"opId", "group", "type", "timestamp", "message"}
    assert frames[-1]["timestamp"] - frames[-2]["timestamp"] > 500
    around.wait_result(job)
    again, _ = asyncio.run(flog(node.url, job, opId="main", type="container"))
    assert [frame["message"] for frame in again] == ["one", "two"]
    assert asyncio.run(flog(node.url, job, opId="other")) == ([], 1000)


@pytest.mark.parametrize(
    ("path", "job", "code"), [("/no", "x", 3003), ("/flog", "x", 1008), ("/flog", "../x", 1008)]
)
def test_a_wrong_path_or_job_closes_with_the_networks_code(node: Started, path: str, job: str, code: int) -> None:
    assert asyncio.run(flog(node.url, job, path)) == ([], code)


def test_a_job_ended_by_its_project_is_completed_with_what_there_is(around: Surroundings, node: Started) -> None:
    job = around.post(shell("echo begun; sleep 60"))
    begun(around, node, job)
    around.stop(job)
    state = around.wait_result(job)
    assert state.status == "stopped"
    assert [entry.log for entry in state.op_states[0].logs] == ["begun"]


def test_time_running_out_is_handed_in_as_success(around: Surroundings, node: Started) -> None:
    job = around.post(shell("echo begun; sleep 60"), timeout=3)
    state = around.wait_result(job)
    assert state.status == "success"
    assert around.job(job).state == JobState.DONE


@pytest.mark.parametrize("definition", [shell("true", foo=1), ["no"], "text"])
def test_what_cannot_be_run_is_quit_unpaid(around: Surroundings, node: Started, definition: Any) -> None:
    job = around.post(definition)

    async def stopped(chain: Any) -> bool:
        return (await chain.job(job)).state == JobState.STOPPED

    around.wait(stopped)
    assert around.job(job).cid_result is None


def test_a_killed_node_comes_back_and_runs_its_job_again(around: Surroundings) -> None:
    first = around.node("killed", around.quiet_market)
    name = address(first)
    mark = around.folder / "mark"
    wait = f"echo x >> {mark}; while sleep 0.1; do [ -e {mark}.go ] && exit; done"
    job = around.post(shell(wait), market=around.quiet_market)
    around.wait(lambda chain: chain.runs(node=name))
    while not mark.exists():
        time.sleep(0.1)
    first.end(signal.SIGKILL)
    second = around.node("killed", around.quiet_market)
    while len(mark.read_text().split()) < 2:
        time.sleep(0.1)
    Path(f"{mark}.go").touch()
    assert around.wait_result(job).status == "success"
    assert address(second) == name == around.job(job).node
    assert second.end() == 0


def test_an_idle_node_leaves_the_queue_and_the_directory_when_told_to_stop(around: Surroundings) -> None:
    part = around.node("idle", around.quiet_market)
    name, market = address(part), str(around.quiet_market.pubkey())
    directory = around.folder / "nodes.json"

    async def queued(chain: Any) -> bool:
        return name in (await chain.market(market)).queue

    around.wait(queued)
    assert json.loads(directory.read_text())[name] == part.url
    assert httpx.get(f"{part.url}/node/info", trust_env=False).json()["state"] in {"QUEUED", "JOINING_MARKET"}
    assert part.end() == 0
    assert name not in around.wait(lambda chain: chain.market(market)).queue
    assert name not in json.loads(directory.read_text())


def test_a_node_told_to_stop_while_it_runs_hands_in_what_there_is(around: Surroundings) -> None:
    part = around.node("leaving", around.quiet_market)
    job = around.post(shell("echo begun; sleep 60"), market=around.quiet_market)
    begun(around, part, job)
    assert part.end() == 0
    state = around.wait_result(job)
    assert state.status == "failed"
    assert state.op_states[0].diagnostics is not None
    assert state.op_states[0].diagnostics.reason.host_shut_down


def test_owners_of_a_job_alone_may_ask_for_its_state_and_stop_it(around: Surroundings, node: Started) -> None:
    job = around.post(shell("echo begun; sleep 60"))
    begun(around, node, job)
    header = {"Authorization": f"any:{around.poster.sign_message(b'any')}:{int(time.time() * 1000)}"}
    with httpx.Client(base_url=node.url, trust_env=False) as client:
        assert client.get(f"/job/{job}/info").status_code == 401
        assert client.get("/job/none/info", headers=header).status_code == 404
        assert client.get(f"/job/{job}/ops", headers=header).json() == {"main": {"main": "running"}}
        assert client.post(f"/job/{job}/stop", headers=header).status_code == 200
        sent = client.get(f"/job/{job}/info", headers=header).text
    assert json.loads(sent.split("data: ")[-1])["status"] == "success"
    assert around.wait_result(job).status == "success"


def test_a_job_that_is_extended_runs_on(around: Surroundings, node: Started) -> None:
    job = around.post(shell("sleep 8; echo late"), timeout=7)
    around.wait(lambda chain: chain.runs(job=job))
    around.extend(job, 30)
    assert [entry.log for entry in around.wait_result(job).op_states[0].logs] == ["late"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"--rpc": "http://127.0.0.1:9"}, "http://127.0.0.1:9 did not answer"),
        ({"--market": "no-market"}, "is not an address"),
        ({"--engine": "/none.sock"}, "No container engine answers at /none.sock"),
    ],
)
def test_a_node_that_cannot_start_says_why_in_a_sentence(
    around: Surroundings, tmp_path: Path, options: dict[str, str], sentence: str
) -> None:
    usual = {"--rpc": around.chain_part.url, "--ipfs": around.ipfs_part.url, "--market": str(Keypair().pubkey())}
    words = [word for option in ({**usual, "--data": str(tmp_path)} | options).items() for word in option]
    ended = subprocess.run([sys.executable, "-m", "sandbox.node", *words], capture_output=True, text=True)
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_node_joins_a_market_that_asks_for_weight_and_an_access_key(around: Surroundings) -> None:
    market, collection = Keypair(), str(Keypair().pubkey())
    me = around.poster.pubkey()
    opening = instructions.open_market(
        around.cluster, market=market.pubkey(), authority=me, job_price=PRICE, node_xnos_minimum=5_000_000,
        access_key=collection,
    )  # fmt: skip
    asyncio.run(around.send(opening, market))
    part = around.node("premium", market)
    try:
        call = {"to": address(part), "collection": collection}
        request = {"jsonrpc": "2.0", "id": 1, "method": "sandboxAccessKey", "params": [call]}
        httpx.post(around.chain_part.url, json=request, trust_env=False).raise_for_status()
        job = around.post(shell("echo inside"), market=market)
        assert [entry.log for entry in around.wait_result(job).op_states[0].logs] == ["inside"]
        assert around.wait(lambda chain: chain.stake(address(part))).xnos >= 5_000_000
    finally:
        assert part.end() == 0
