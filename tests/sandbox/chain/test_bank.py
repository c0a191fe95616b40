"""Slots, commitments, blockhashes, forks and restarts of the chain in this process."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from nosana.chain import Blockhash, transaction_build
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer

from sandbox.chain.genesis import World

SOL = 10**9


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A chain whose slots only move when the test says so."""
    world = World(tmp_path / "a")
    yield world
    world.bank.close()


def lamports(world: World, address: str, commitment: str) -> int:
    account = world.bank.get_at(Pubkey.from_string(address), commitment)
    return account.lamports if account else 0


def paid(world: World, to: Pubkey, payer: Keypair, amount: int = SOL, slot: int | None = None) -> bytes:
    bank = world.bank
    blockhash = Blockhash(bank.blockhash(slot or bank.head.number), 0)
    step = transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=to, lamports=amount))
    return transaction_build([step], payer=payer, blockhash=blockhash).blob


def ticks(world: World, count: int) -> None:
    for _ in range(count):
        world.bank.tick()


def test_each_commitment_sees_its_own_state(world: World) -> None:
    to = str(Keypair().pubkey())
    signature = world.give(to, lamports=SOL)
    levels = []
    for _ in range(34):
        levels.append(
            tuple(lamports(world, to, level) // SOL for level in ("processed", "confirmed", "finalized"))
        )
        world.bank.tick()
    assert levels[0] == (1, 0, 0)
    assert levels[1] == (1, 1, 0)
    assert levels[31] == (1, 1, 0)
    assert levels[32] == (1, 1, 1)
    entry = world.bank.entry(signature)
    assert entry is not None
    assert world.bank.level(entry.slot) == "finalized"


def test_program_accounts_are_listed_as_of_a_commitment(world: World) -> None:
    staking = Pubkey.from_string(world.cluster.staking)
    world.give(str(Keypair().pubkey()), lamports=SOL, stake=0)
    assert len(list(world.bank.owned_at(staking, "processed"))) == 1
    assert list(world.bank.owned_at(staking, "confirmed")) == []
    ticks(world, 1)
    assert len(list(world.bank.owned_at(staking, "confirmed"))) == 1
    assert list(world.bank.owned_at(staking, "finalized")) == []


def test_a_blockhash_dies_after_150_blocks(world: World) -> None:
    born = world.bank.head.number
    early, late = paid(world, Keypair().pubkey(), world.faucet), paid(world, Keypair().pubkey(), world.faucet)
    ticks(world, 150)
    _, outcome = world.runtime.send(early, preflight=True)
    assert outcome is None
    ticks(world, 1)
    _, outcome = world.runtime.send(late, preflight=True)
    assert outcome is not None
    assert outcome.error == "BlockhashNotFound"
    assert not world.bank.blockhash_lives(world.bank.blockhash(born))


def test_the_same_transaction_is_processed_once(world: World) -> None:
    to = Keypair().pubkey()
    blob = paid(world, to, world.faucet)
    world.runtime.send(blob, preflight=True)
    ticks(world, 100)
    _, outcome = world.runtime.send(blob, preflight=True)
    assert outcome is not None
    assert outcome.error == "AlreadyProcessed"
    assert lamports(world, str(to), "processed") == SOL


def test_a_dropped_fork_takes_its_transactions_back(world: World) -> None:
    kept, lost = Keypair().pubkey(), Keypair().pubkey()
    first = world.give(str(kept), lamports=SOL)
    ticks(world, 3)
    blob = paid(world, lost, world.faucet)
    second, _ = world.runtime.send(blob, preflight=True)
    ticks(world, 2)
    assert lamports(world, str(lost), "confirmed") == SOL
    height = world.bank.head.number
    assert world.bank.fork_drop(3) == [second]
    assert world.bank.entry(second) is None
    assert world.bank.entry(first) is not None
    assert (lamports(world, str(lost), "processed"), lamports(world, str(lost), "confirmed")) == (0, 0)
    assert lamports(world, str(kept), "processed") == SOL
    assert world.bank.head.number > height
    assert world.bank.store.entry(second) is None
    _, outcome = world.runtime.send(blob, preflight=True)
    assert outcome is not None
    assert outcome.error == "BlockhashNotFound"
    for _ in range(40):
        for level in ("processed", "confirmed", "finalized"):
            assert world.bank.blockhash_lives(world.bank.blockhash(world.bank.slot_at(level)))
        world.bank.tick()


def test_what_is_final_cannot_be_dropped(tmp_path: Path) -> None:
    world = World(tmp_path, instant=True)
    with pytest.raises(ValueError, match="no fork"):
        world.bank.fork_drop(5)
    world.bank.close()


def test_a_failed_transaction_changes_nothing_but_the_fee(world: World) -> None:
    poor = Keypair()
    world.give(str(poor.pubkey()), lamports=SOL)
    blob = paid(world, Keypair().pubkey(), poor, amount=5 * SOL)
    _, outcome = world.runtime.send(blob, preflight=True)
    assert outcome is not None
    assert lamports(world, str(poor.pubkey()), "processed") == SOL
    signature, outcome = world.runtime.send(blob, preflight=False)
    assert outcome is None
    assert lamports(world, str(poor.pubkey()), "processed") == SOL - 5000
    entry = world.bank.entry(signature)
    assert entry is not None
    assert entry.error == {"InstructionError": [0, {"Custom": 1}]}


def test_transactions_are_all_or_nothing_across_programs(world: World) -> None:
    payer, to = Keypair(), Keypair().pubkey()
    world.give(str(payer.pubkey()), lamports=SOL)
    good = transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=to, lamports=SOL // 10))
    bad = transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=to, lamports=SOL * 10))
    blockhash = Blockhash(world.bank.blockhash(world.bank.head.number), 0)
    blob = transaction_build([good, bad], payer=payer, blockhash=blockhash).blob
    _, outcome = world.runtime.send(blob, preflight=True)
    assert outcome is not None
    assert outcome.error == {"InstructionError": [1, {"Custom": 1}]}
    assert lamports(world, str(to), "processed") == 0


@pytest.mark.parametrize(
    ("have", "error"),
    [
        (0, "AccountNotFound"),
        (890_880 + 4_999, {"InsufficientFundsForRent": {"account_index": 0}}),
    ],
)
def test_a_fee_payer_needs_its_fee_and_its_rent(world: World, have: int, error: object) -> None:
    payer = Keypair()
    if have:
        world.give(str(payer.pubkey()), lamports=have)
    _, outcome = world.runtime.send(paid(world, payer.pubkey(), payer, amount=0), preflight=True)
    assert outcome is not None
    assert outcome.error == error


def test_dust_in_a_new_account_is_refused(world: World) -> None:
    _, outcome = world.runtime.send(paid(world, Keypair().pubkey(), world.faucet, amount=1), preflight=True)
    assert outcome is not None
    assert outcome.error == {"InsufficientFundsForRent": {"account_index": 1}}


def test_simulating_changes_nothing(world: World) -> None:
    to = Keypair().pubkey()
    transaction = world.runtime.parse(paid(world, to, world.faucet))
    outcome, after = world.runtime.simulate(transaction, blockhash=True, verify=True)
    assert outcome.error is None
    seen = after[to]
    assert seen is not None
    assert seen.lamports == SOL
    assert lamports(world, str(to), "processed") == 0


def test_two_chains_never_share_a_genesis_hash(world: World, tmp_path: Path) -> None:
    other = World(tmp_path / "b")
    assert other.bank.genesis_hash != world.bank.genesis_hash
    assert other.bank.blockhash(200) != world.bank.blockhash(200)
    other.bank.close()


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    world, to = World(tmp_path), str(Keypair().pubkey())
    signature = world.give(to, lamports=SOL, nos=5)
    blob = paid(world, Keypair().pubkey(), world.faucet)
    slot, genesis = world.bank.head.number, world.bank.genesis_hash
    world.bank.close()
    again = World(tmp_path)
    assert (again.bank.genesis_hash, again.bank.head.number) == (genesis, slot + 1)
    assert lamports(again, to, "finalized") == SOL
    entry = again.bank.entry(signature)
    assert entry is not None
    assert entry.error is None
    assert again.bank.store.touched(Pubkey.from_string(to), (10**9, 0), 10) == [signature]
    _, outcome = again.runtime.send(blob, preflight=True)
    assert outcome is None  # a blockhash from before the restart still lives
    _, outcome = again.runtime.send(blob, preflight=True)
    assert outcome is not None
    again.bank.close()


def test_a_transaction_is_refused_again_after_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path)
    blob = paid(world, Keypair().pubkey(), world.faucet)
    world.runtime.send(blob, preflight=True)
    world.bank.close()
    again = World(tmp_path)
    _, outcome = again.runtime.send(blob, preflight=True)
    assert outcome is not None
    assert outcome.error == "AlreadyProcessed"
    again.bank.close()


def test_the_clock_never_runs_backwards(world: World) -> None:
    world.bank.clock_offset = 1000
    world.bank.tick()
    later = world.bank.head.time
    world.bank.clock_offset = 0
    world.bank.tick()
    assert world.bank.head.time >= later


def test_lamports_are_never_made_or_lost(world: World) -> None:
    names = [Pubkey.from_bytes(hashlib.sha256(bytes([n])).digest()) for n in range(3)]
    before = world.bank.get(world.faucet.pubkey())
    for name in names:
        world.give(str(name), lamports=SOL)
    after = world.bank.get(world.faucet.pubkey())
    assert before is not None
    assert after is not None
    assert before.lamports - after.lamports == 3 * SOL + 3 * 5000
