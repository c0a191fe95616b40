"""The program's bytes, against the values known of the network (network facts §1.1 to §1.5)."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nosana.chain import (
    ChainError,
    JobAccount,
    JobState,
    MarketAccount,
    ReflectionAccount,
    RunAccount,
    StakeAccount,
    cluster_profile,
    job_status,
)
from nosana.chain import instructions as ix
from solders.keypair import Keypair
from solders.pubkey import Pubkey

MAINNET = cluster_profile("mainnet")
KEYS = [str(Pubkey.from_bytes(bytes([n]) * 32)) for n in range(20)]
DIGEST = hashlib.sha256(b"x").digest()

INSTRUCTIONS = {
    "open": "e4dc9b47c7bd3c2d", "update": "dbc858b09e3ffd7f", "close": "62a5c9b16c41ce60",
    "close_admin": "cab6b98ed0a191bd", "list": "36aec14311298426", "assign": "49427dcb51294087",
    "delist": "3788cd6b6bad041f", "recover": "6cd8263a6d927411", "extend": "e47f0001e39a36a8",
    "end": "b4a0f9d9c2794610", "work": "0f432dc3d789e52f", "stop": "2a85203cabfdb89b",
    "claim": "3ec6d6c1d59f6cd2", "complete": "004de0938819584c", "finish": "434aaa847de9b625",
    "quit": "bf678df050816799", "quit_admin": "67ee6e08b61438c4", "clean": "fabf388096fb0167",
    "clean_admin": "f55abc44fdebab69",
}  # fmt: skip
ACCOUNTS = {
    JobAccount: "5b10a2052dd27d41", RunAccount: "c2a96ee6eb0be116", MarketAccount: "c94ebbe1f0c6c9fb",
    StakeAccount: "509e437c32bdc0ff", ReflectionAccount: "cd99a036ef1adbbc",
}  # fmt: skip

keys = st.binary(min_size=32, max_size=32).map(lambda raw: str(Pubkey.from_bytes(raw)))
digests = st.binary(min_size=32, max_size=32)
u8, u64, u128 = (st.integers(0, 2**bits - 1) for bits in (8, 64, 128))
i64 = st.integers(-(2**63), 2**63 - 1)
jobs = st.builds(JobAccount, digests, digests, keys, keys, keys, u64, keys, u8, i64, i64, i64)
runs = st.builds(RunAccount, keys, keys, keys, u8, i64)
markets = st.builds(
    MarketAccount, keys, i64, u64, i64, u8, keys, u8, keys, u128, u8, st.lists(keys, max_size=5).map(tuple)
)
stakes = st.builds(StakeAccount, u64, keys, u64, i64, keys, u8, u128)
pools = st.builds(ReflectionAccount, u128, u128, u128, keys, u8)


@given(jobs | runs | markets | stakes | pools)
def test_what_is_encoded_decodes_to_itself(account: JobAccount) -> None:
    raw = account.encode()
    assert len(raw) == account.SIZE
    assert type(account).decode(raw) == account


@pytest.mark.parametrize(("name", "value"), INSTRUCTIONS.items())
def test_instructions_start_with_the_known_bytes(name: str, value: str) -> None:
    assert ix.discriminator(name).hex() == value


@pytest.mark.parametrize(("kind", "value"), ACCOUNTS.items())
def test_accounts_start_with_the_known_bytes(kind: type[JobAccount], value: str) -> None:
    assert kind.DISCRIMINATOR.hex() == value


def marked(offset: int, value: bytes, size: int, kind: type[JobAccount]) -> bytes:
    raw = bytearray(kind.DISCRIMINATOR.ljust(size, b"\0"))
    raw[offset : offset + len(value)] = value
    return bytes(raw)


@pytest.mark.parametrize(
    ("field", "offset"),
    [("market", 72), ("node", 104), ("payer", 136), ("project", 176)],
)
def test_a_jobs_addresses_lie_where_filters_look(field: str, offset: int) -> None:
    job = JobAccount.decode(marked(offset, bytes([7]) * 32, 240, JobAccount))
    assert getattr(job, field) == KEYS[7]


@pytest.mark.parametrize(
    ("field", "offset"),
    [("price", 168), ("state", 208), ("time_end", 209), ("time_start", 217), ("timeout", 225)],
)
def test_a_jobs_numbers_lie_where_the_network_has_them(field: str, offset: int) -> None:
    assert getattr(JobAccount.decode(marked(offset, b"\x05", 240, JobAccount)), field) == 5


def test_a_runs_fields_lie_where_filters_look() -> None:
    raw = RunAccount(KEYS[1], KEYS[2], KEYS[3], 0, 9).encode()
    assert (raw[8:40], raw[40:72], raw[72:104]) == tuple(bytes([n]) * 32 for n in (1, 2, 3))
    assert (raw[105], len(raw)) == (9, 120)


def test_a_markets_queue_starts_at_byte_151() -> None:
    market = MarketAccount(KEYS[1], 1, 2, 3, 4, KEYS[5], 6, KEYS[7], 8, 1, (KEYS[9], KEYS[10]))
    raw = market.encode()
    assert (raw[146], raw[147], len(raw)) == (1, 2, 10224)
    assert raw[151:183] == bytes([9]) * 32
    assert raw[130] == 8


@pytest.mark.parametrize("data", [b"", b"12345678", JobAccount.DISCRIMINATOR + b"short"])
def test_other_bytes_are_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(ChainError, match="are no JobAccount"):
        JobAccount.decode(data)


def test_a_queue_longer_than_its_account_is_refused() -> None:
    raw = MarketAccount(KEYS[1], 1, 2, 3, 4, KEYS[5], 6, KEYS[7], 8, 1, (KEYS[9],)).encode()[:160]
    with pytest.raises(ChainError, match="queue claims 1"):
        MarketAccount.decode(raw)


def test_running_is_derived_from_the_run() -> None:
    job = JobAccount.decode(JobAccount.DISCRIMINATOR.ljust(240, b"\0"))
    run = RunAccount(KEYS[1], KEYS[2], KEYS[3], 0, 9)
    assert (job_status(job, None), job_status(job, run)) == ("QUEUED", "RUNNING")
    for state, name in ((JobState.DONE, "COMPLETED"), (JobState.STOPPED, "STOPPED")):
        assert job_status(JobAccount.decode(marked(208, bytes([state]), 240, JobAccount)), None) == name


def test_cost_is_by_the_second_and_never_above_the_timeout() -> None:
    job = JobAccount(DIGEST, DIGEST, KEYS[1], KEYS[2], KEYS[3], 43, KEYS[4], 2, 700, 100, 7200)
    assert (job.deposit, job.cost(), job.cost(99999), job.cost(-5)) == (309_600, 25_800, 309_600, 0)


FLAGS = {  # network facts §1.4: w writable, s signer
    "open": "- ws w ws - - - -", "update": "w - s", "close": "w w w ws -", "close_admin": "w w w ws -",
    "list": "ws w ws w w ws w w s - - -", "assign": "ws w ws - w w ws w w s - - -",
    "delist": "w w w w w - ws", "recover": "w - w w w s -", "extend": "w - w w w w s s - -",
    "end": "w - w w w w w ws -", "work": "ws w ws - - - s -", "stop": "w - s", "claim": "w ws - - - - ws s -",
    "complete": "w s", "finish": "w w - w w w w w s -", "quit": "w w w s", "quit_admin": "w w s",
    "clean": "w - w", "clean_admin": "w w s",
}  # fmt: skip


def built() -> dict[str, ix.Instruction]:
    """Return every instruction, of made-up addresses."""
    job, run, market, node, payer, project, authority = KEYS[1:8]
    who = {"payer": payer, "project": project}
    listing = {"ipfs_job": DIGEST, "timeout": 60}
    return {
        "open": ix.open_market(MAINNET, market=market, authority=authority),
        "update": ix.update(
            MAINNET, market=market, authority=authority, job_price=1, job_timeout=2, job_expiration=3
        ),
        "close": ix.close(MAINNET, market=market, authority=authority),
        "close_admin": ix.close_admin(MAINNET, market=market, authority=authority),
        "list": ix.list_job(MAINNET, job=job, run=run, market=market, **who, **listing),
        "assign": ix.assign(MAINNET, job=job, run=run, market=market, node=node, **who, **listing),
        "delist": ix.delist(MAINNET, job=job, market=market, **who),
        "recover": ix.recover(MAINNET, job=job, market=market, **who),
        "extend": ix.extend(MAINNET, job=job, market=market, **who, timeout=9),
        "end": ix.end(
            MAINNET, job=job, run=run, market=market, node=node, job_payer=payer, run_payer=node, project=project
        ),
        "work": ix.work(MAINNET, run=run, market=market, node=node),
        "stop": ix.stop(MAINNET, market=market, node=node),
        "claim": ix.claim(MAINNET, job=job, run=run, market=market, node=node),
        "complete": ix.complete(MAINNET, job=job, node=node, ipfs_result=DIGEST),
        "finish": ix.finish(
            MAINNET,
            job=job,
            run=run,
            market=market,
            node=node,
            job_payer=payer,
            run_payer=node,
            ipfs_result=DIGEST,
        ),
        "quit": ix.quit(MAINNET, job=job, run=run, run_payer=node, node=node),
        "quit_admin": ix.quit_admin(MAINNET, run=run, run_payer=node, authority=authority),
        "clean": ix.clean(MAINNET, job=job, market=market, payer=payer),
        "clean_admin": ix.clean_admin(MAINNET, job=job, payer=payer, authority=authority),
    }


@pytest.mark.parametrize("name", FLAGS)
def test_accounts_come_in_the_networks_order_and_with_its_rights(name: str) -> None:
    step = built()[name]
    flags = [("w" * meta.is_writable + "s" * meta.is_signer) or "-" for meta in step.accounts]
    assert " ".join(flags) == FLAGS[name]
    assert bytes(step.data)[:8].hex() == INSTRUCTIONS[name]
    assert str(step.program_id) == MAINNET.program


def test_open_and_update_order_their_arguments_differently() -> None:
    opened = ix.open_market(
        MAINNET, market=KEYS[1], authority=KEYS[2], job_expiration=1, job_price=2, job_timeout=3, job_type=4,
        node_xnos_minimum=5,
    )  # fmt: skip
    changed = ix.update(
        MAINNET, market=KEYS[1], authority=KEYS[2], job_expiration=1, job_price=2, job_timeout=3, job_type=4,
        node_xnos_minimum=5,
    )  # fmt: skip
    words = [n.to_bytes(8, "little") for n in (1, 2, 3)]
    assert bytes(opened.data)[8:] == b"".join(words) + b"\4" + (5).to_bytes(16, "little")
    assert bytes(changed.data)[8:] == words[0] + words[1] + b"\4" + (5).to_bytes(16, "little") + words[2]


def test_an_address_that_is_none_is_refused_with_a_sentence() -> None:
    with pytest.raises(ChainError, match="'nonsense' is not an address"):
        ix.quit(MAINNET, job="nonsense", run=KEYS[1], run_payer=KEYS[1], node=KEYS[1])


def test_keys_may_be_given_as_pubkeys_too() -> None:
    key = Keypair().pubkey()
    assert ix.stop(MAINNET, market=key, node=key) == ix.stop(MAINNET, market=str(key), node=str(key))
