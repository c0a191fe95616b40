"""`nosana chain …` on a chain, an IPFS and a node that run."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nosana.chain import wallet_save
from nosana.cli.chain import chain
from typer.testing import CliRunner, Result

from tests.sandbox.node.world import Surroundings, primes

Nosana = Callable[..., Result]


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """A chain with two markets and IPFS; a node works in the first market."""
    found = Surroundings(tmp_path_factory.mktemp("around"))
    node = found.node("nora")
    wallet_save(found.poster, found.folder / "key.json")
    yield found
    node.end()
    found.end()


@pytest.fixture
def nosana(around: Surroundings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Nosana:
    """Run a command in an empty folder, with the surroundings' addresses in the environment."""
    told = {
        "NETWORK": "sandbox", "RPC": around.chain_part.url, "WALLET": str(around.folder / "key.json"),
        "IPFS_API": around.ipfs_part.url,
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(f"NOSANA_{name}", value)
    monkeypatch.chdir(tmp_path)

    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(chain, words)
        assert result.exit_code == code, result.output
        return result

    return run


def facts(result: Result) -> Any:
    return json.loads(result.stdout)


def test_a_wallet_has_an_address_and_is_never_written_over(nosana: Nosana, around: Surroundings) -> None:
    assert nosana("address").stdout.strip() == str(around.poster.pubkey())
    made = nosana("address", "--new", "-w", "new.json").stdout.strip()
    assert nosana("address", "-w", "new.json").stdout.strip() == made
    assert "exists already" in nosana("address", "--new", "-w", "new.json", code=1).stderr
    assert "There is no key file" in nosana("address", "-w", "none.json", code=2).stderr


def test_a_command_is_posted_run_and_its_words_are_shown(nosana: Nosana, around: Surroundings) -> None:
    market = str(around.market.pubkey())
    words = ("post", "-m", market, "-t", "5", "--wait", "--download", "echo", "hello from a wallet")
    result = nosana(*words)
    assert "hello from a wallet" in result.stdout
    kept = next(Path().glob("*.json"))
    assert json.loads(kept.read_text())["status"] == "success"
    found = facts(nosana("get", kept.stem, "-o", "json"))
    assert (found["status"], found["deposit"]) == ("COMPLETED", 100 * 300)
    listed = facts(nosana("list", "--state", "completed", "-o", "json"))
    assert kept.stem in [one["job"] for one in listed]
    told = nosana("post", "-m", market, "-t", "5", "--wait", "--", "sh", "-c", "exit 3", code=8).stdout
    assert "exit code 3" in told
    assert "There is no job" in nosana("get", market, code=1).stderr


def test_a_definition_is_posted_unchanged(nosana: Nosana, around: Surroundings) -> None:
    definition = primes()
    Path("job.json").write_text(json.dumps(definition))
    market = str(around.quiet_market.pubkey())
    made = facts(nosana("post", "-m", market, "-t", "5", "-f", "job.json", "-o", "json"))
    pinned = f"{around.ipfs_part.url}/ipfs/{made['ipfs_job']}"
    again = facts(nosana("post", "-m", market, "-t", "5", "--url", pinned, "-o", "json"))
    assert again["ipfs_job"] == made["ipfs_job"]
    nosana("stop", again["job"])
    assert made["status"] == "QUEUED"
    assert json.loads(nosana("download", made["ipfs_job"]).stdout) == definition
    longer = facts(nosana("extend", made["job"], "-t", "10", "-o", "json"))
    assert longer["timeout"] == 900
    assert facts(nosana("stop", made["job"], "-o", "json"))["done"] == "delisted"
    assert "There is no job" in nosana("get", made["job"], code=1).stderr


def test_what_cannot_be_paid_or_found_is_said_before_anything_is_signed(
    nosana: Nosana, around: Surroundings
) -> None:
    market = str(around.quiet_market.pubkey())
    assert "NOS; the wallet" in nosana("post", "-m", market, "-t", "9999999", "true", code=1).stderr
    assert "no market" in nosana("post", "-m", str(around.poster.pubkey()), "-t", "1", "true", code=1).stderr
    assert "give the market's address" in nosana("post", "-m", "gpu-4090", "-t", "1", "true", code=2).stderr
    assert "--market and --timeout" in nosana("post", "true", code=2).stderr
    nosana("address", "--new", "-w", "poor.json")
    assert "has 0." in nosana("post", "-m", market, "-t", "1", "-w", "poor.json", "true", code=1).stderr


def test_files_go_to_ipfs_and_come_back(nosana: Nosana) -> None:
    Path("data.bin").write_bytes(b"hello world\n")
    assert nosana("upload", "data.bin").stdout.strip() == "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"
    nosana("download", "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o", "back.bin")
    assert Path("back.bin").read_bytes() == b"hello world\n"
    assert "is no CID" in nosana("download", "nonsense", code=2).stderr
    assert "cannot be read" in nosana("upload", "none.bin", code=2).stderr


def test_markets_are_listed_and_shown(nosana: Nosana, around: Surroundings) -> None:
    wanted = {str(around.market.pubkey()), str(around.quiet_market.pubkey())}
    assert {one["market"] for one in facts(nosana("market", "list", "-o", "json"))} == wanted
    assert facts(nosana("market", "get", str(around.market.pubkey()), "-o", "json"))["price"] == 100


def test_definitions_are_checked_as_the_network_does(nosana: Nosana) -> None:
    Path("good.json").write_text(json.dumps(primes()))
    Path("bad.yaml").write_text("version: '0.1'\ntype: container\nops: []\ncolour: blue\n")
    assert "valid" in nosana("validate", "good.json").stdout
    assert "colour" in nosana("validate", "bad.yaml", code=2).stderr
    assert "bad.yaml" in nosana("post", "-m", "x", "-t", "1", "-f", "bad.yaml", code=2).stderr


def test_an_endpoint_that_does_not_answer_is_told(nosana: Nosana) -> None:
    nosana("market", "list", "--rpc", "http://127.0.0.1:9", code=7)
