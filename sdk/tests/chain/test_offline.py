"""What the library does without a network: addresses, CIDs, wallets, transactions, error names."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nosana import base58
from nosana.chain import (
    SENTENCES,
    Blockhash,
    ChainError,
    TransactionTooLarge,
    cluster_profile,
    rewards_reflection,
    rewards_vault,
    service_id,
    service_url,
    transaction_build,
    vault,
    wallet_load,
    wallet_save,
)
from nosana.chain import instructions as ix
from nosana.chain.errors import error_name, program_error
from nosana.cid import NO_RESULT, cid_from_digest, digest_of
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

MAINNET, DEVNET = cluster_profile("mainnet"), cluster_profile("devnet")
BLOCKHASH = Blockhash("5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d", 77)


@pytest.mark.parametrize(
    ("market", "expected"),
    [
        ("7AtiXMSH6R1jjBxrcYjehCkkSF7zvYWte63gwEDBcGHq", ("EYZESGGY1rn2mEqMkzokKP4fxHcFePqhgwxp3ruacU5V", 255)),
        ("97G9NnvBDQ2WpKu6fasoMsAKmfj63C9rhysJnkeWodAf", ("giLkCXycxMP9u2Z6jBQ7Hr4E7ui7WS49gDka1Yvqymn", 253)),
    ],
)
def test_vaults_are_the_networks(market: str, expected: tuple[str, int]) -> None:
    assert vault(MAINNET, market) == expected


def test_the_rewards_pool_is_the_networks() -> None:
    assert rewards_reflection(MAINNET)[0] == "6tjbAfNHnUusWLZqFznMKyBrjs1ZX92eyKwiUi2Bsg3x"
    assert rewards_vault(MAINNET)[0] == "37xZ4jY3bSMBgxwekwdALRZK1kAUCh7YkkPabA4P2tq8"
    assert rewards_vault(DEVNET)[0] == "4wk8dRGWQSCdRzvVJxu1jawHkV9pfzrEfUxYwYfwbXuk"


def test_a_service_is_reached_under_the_documented_name() -> None:
    job = "H3fhW6p9qQ2anKERK85LCVd3TJu2DVPdX2FhzWLMUyqg"
    assert service_id(job, 0, 11434) == "tzrYei3AxEa13vc1qY1VLoNniRKX7jF5dNJVq93HPPb5"
    assert service_url(job, 0, 11434).endswith(".node.k8s.prd.nos.ci")


@given(st.binary(max_size=80))
def test_base58_goes_both_ways(raw: bytes) -> None:
    assert base58.decode(base58.encode(raw)) == raw


@given(st.binary(min_size=32, max_size=32))
def test_base58_is_the_one_of_solana(raw: bytes) -> None:
    assert base58.encode(raw) == str(Pubkey.from_bytes(raw))


@given(st.binary(min_size=32, max_size=32))
def test_cids_go_both_ways(digest: bytes) -> None:
    assert digest_of(cid_from_digest(digest)) == digest


def test_no_result_has_the_known_cid() -> None:
    assert cid_from_digest(NO_RESULT) == "QmNLei78zWmzUdbeRB3CiUfAizWUrbeeZh5K1rhAQKCh51"


@pytest.mark.parametrize("text", ["", "Qm", "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi", "0OIl"])
def test_only_cid_version_0_goes_on_chain(text: str) -> None:
    with pytest.raises(ValueError, match="is not a CIDv0"):
        digest_of(text)


def test_a_wallet_is_the_standard_key_file(tmp_path: Path) -> None:
    pair, path = Keypair(), tmp_path / "keys" / "id.json"
    wallet_save(pair, path)
    assert wallet_load(path) == pair
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text()) == list(bytes(pair))
    with pytest.raises(ChainError, match="not overwritten"):
        wallet_save(pair, path)


@pytest.mark.parametrize("text", ["", "[1,2,3]", '{"a": 1}', "[300]", '"x"'])
def test_another_file_is_no_wallet(tmp_path: Path, text: str) -> None:
    path = tmp_path / "id.json"
    path.write_text(text)
    with pytest.raises(ChainError, match="is not a key file"):
        wallet_load(path)
    with pytest.raises(ChainError, match="no key file"):
        wallet_load(tmp_path / "absent.json")


def listing(payer: Keypair, project: Keypair) -> tuple[list[ix.Instruction], list[Keypair]]:
    job, run, market = Keypair(), Keypair(), Keypair().pubkey()
    step = ix.list_job(
        MAINNET, job=job.pubkey(), run=run.pubkey(), market=market, payer=payer.pubkey(), project=project.pubkey(),
        ipfs_job=hashlib.sha256(b"d").digest(), timeout=60,
    )  # fmt: skip
    return [step], [job, run]


def test_a_transaction_is_signed_and_names_its_own_signature() -> None:
    payer, project = Keypair(), Keypair()
    steps, signers = listing(payer, project)
    signed = transaction_build(steps, payer=payer, signers=[*signers, project, payer], blockhash=BLOCKHASH)
    transaction = VersionedTransaction.from_bytes(signed.blob)
    assert all(transaction.verify_with_results())
    assert (signed.signature, signed.last_valid_block_height) == (str(transaction.signatures[0]), 77)


def test_the_same_inputs_give_the_same_bytes() -> None:
    payer = Keypair()
    steps, signers = listing(payer, payer)
    first = transaction_build(steps, payer=payer, signers=signers, blockhash=BLOCKHASH)
    assert first == transaction_build(steps, payer=payer, signers=signers[::-1], blockhash=BLOCKHASH)


def test_missing_and_needless_signers_are_named() -> None:
    payer, other = Keypair(), Keypair()
    steps, signers = listing(payer, payer)
    with pytest.raises(ChainError, match=f"needs the signature of {signers[1].pubkey()}"):
        transaction_build(steps, payer=payer, signers=signers[:1], blockhash=BLOCKHASH)
    with pytest.raises(ChainError, match=f"does not name the signer {other.pubkey()}"):
        transaction_build(steps, payer=payer, signers=[*signers, other], blockhash=BLOCKHASH)


@pytest.mark.parametrize(("count", "size"), [(1, 679), (2, 934), (3, 1189)])
def test_up_to_three_listings_fit_one_transaction(count: int, size: int) -> None:
    payer, market = Keypair(), Keypair().pubkey()
    steps, signers = [], []
    for _ in range(count):
        job, run = Keypair(), Keypair()
        signers += [job, run]
        steps.append(
            ix.list_job(
                MAINNET, job=job.pubkey(), run=run.pubkey(), market=market, payer=payer.pubkey(),
                project=payer.pubkey(), ipfs_job=hashlib.sha256(b"d").digest(), timeout=60,
            )
        )  # fmt: skip
    signed = transaction_build(steps, payer=payer, signers=signers, blockhash=BLOCKHASH)
    assert len(signed.blob) == size


def test_a_transaction_over_1232_bytes_is_refused() -> None:
    payer = Keypair()
    steps, signers = zip(*(listing(payer, payer) for _ in range(4)), strict=True)
    flat, keys = [s for part in steps for s in part], [k for part in signers for k in part]
    with pytest.raises(TransactionTooLarge, match="1232 is the most"):
        transaction_build(flat, payer=payer, signers=keys, blockhash=BLOCKHASH)


def test_errors_are_named_by_the_log_because_their_numbers_collide() -> None:
    line = "Program log: AnchorError caused by account: job. Error Code: InvalidPayer. Error Number: 6008."
    error = program_error({"InstructionError": [0, {"Custom": 6008}]}, [line])
    assert (error.name, error.code) == ("InvalidPayer", 6008)
    assert error.sentence == SENTENCES["InvalidPayer"]


@pytest.mark.parametrize(
    ("error", "logs", "name"),
    [
        ("BlockhashNotFound", [], "BlockhashNotFound"),
        ({"InsufficientFundsForRent": {"account_index": 0}}, [], "InsufficientFundsForRent"),
        ({"InstructionError": [1, "MissingRequiredSignature"]}, [], "MissingRequiredSignature"),
        (
            {"InstructionError": [0, {"Custom": 1}]},
            ["Program log: Error: insufficient funds"],
            "InsufficientFunds",
        ),
        ({"InstructionError": [0, {"Custom": 0}]}, ["… already in use"], "AccountAlreadyInUse"),
    ],
)
def test_the_runtimes_own_errors_get_names_too(error: object, logs: list[str], name: str) -> None:
    assert error_name(error, logs)[0] == name


def test_each_sentence_is_one_sentence() -> None:
    assert all(text[0].isupper() and text.endswith(".") for text in SENTENCES.values())


def test_a_sandbox_profile_needs_an_address() -> None:
    with pytest.raises(ChainError, match="give rpc_url"):
        cluster_profile("sandbox")
    with pytest.raises(ChainError, match="no cluster profile"):
        cluster_profile("testnet")
    moved = cluster_profile("devnet", "http://127.0.0.1:1234", fee_divisor=10)
    assert (moved.ws_url, moved.fee_divisor, moved.program) == ("ws://127.0.0.1:1234", 10, DEVNET.program)
