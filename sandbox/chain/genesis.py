"""A new chain's first accounts, and the authority that gives out NOS and SOL."""

import secrets
from pathlib import Path

from nosana.chain import Cluster, addresses, cluster_profile, wallet_load, wallet_save
from nosana.chain import instructions as ix
from nosana.chain.accounts import ReflectionAccount
from nosana.chain.cluster import ATA_PROGRAM, METADATA_PROGRAM
from solders.account import Account
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import ID as SYSTEM
from solders.system_program import CreateAccountParams, TransferParams, create_account, transfer
from solders.token import ID as TOKEN
from solders.token.state import Mint, TokenAccount, TokenAccountState
from solders.transaction import VersionedTransaction

from sandbox.chain.bank import Bank
from sandbox.chain.programs.anchor import MINT_SIZE, Program
from sandbox.chain.programs.jobs import ERRORS, Rules
from sandbox.chain.programs.jobs_market import Market
from sandbox.chain.programs.jobs_node import Node
from sandbox.chain.programs.jobs_project import Project
from sandbox.chain.programs.metadata import metadata_encode
from sandbox.chain.programs.rewards import rewards_program
from sandbox.chain.programs.staking import MIN_DURATION, staking_program
from sandbox.chain.runtime import Outcome, Runtime

MEMO = Pubkey.from_string("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")
LAMPORTS = 400_000_000 * 10**9


class Failed(RuntimeError):
    """An instruction of the sandbox's own did not work."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(f"{outcome.error}: {outcome.logs}")


def key_of(path: Path) -> Keypair:
    """Return the key kept in the file, made on first use."""
    if not path.exists():
        wallet_save(Keypair(), path)
    return wallet_load(path)


class World:
    """A bank with the Nosana programs, its faucet and its admin."""

    def __init__(self, data: Path, *, instant: bool = False, finality_lag: int = 32, fee_divisor: int = 0) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.faucet = key_of(data / "faucet.json")
        self.admin = key_of(data / "admin.json")
        self.bank = Bank(data, instant=instant, finality_lag=finality_lag)
        self.cluster: Cluster = cluster_profile(
            "sandbox", "http://127.0.0.1", genesis_hash=self.bank.genesis_hash, fee_divisor=fee_divisor
        )
        self.mint = Pubkey.from_string(self.cluster.mint)
        rules = Rules(self.cluster, str(self.admin.pubkey()))
        handlers = {**Market(rules).handlers(), **Project(rules).handlers(), **Node(rules).handlers()}
        jobs = Program(rules.program, handlers, ERRORS)
        others = [staking_program(self.cluster), rewards_program(self.cluster)]
        self.runtime = Runtime(self.bank, [jobs, *others])
        if self.bank.fresh:
            self._create()

    def _create(self) -> None:
        bank = self.bank
        bank.fabricate(self.faucet.pubkey(), Account(LAMPORTS, b"", SYSTEM))
        bank.fabricate(self.admin.pubkey(), Account(100 * 10**9, b"", SYSTEM))
        mint = Mint(mint_authority=self.faucet.pubkey(), supply=0, decimals=6, is_initialized=True)
        bank.fabricate(self.mint, Account(bank.rent(MINT_SIZE), bytes(mint), TOKEN))
        address, bump = addresses.rewards_reflection(self.cluster)
        vault, _ = addresses.rewards_vault(self.cluster)
        pool = ReflectionAccount(0, 0, 0, vault, bump)
        rewards = Pubkey.from_string(self.cluster.rewards)
        bank.fabricate(Pubkey.from_string(address), Account(bank.rent(pool.SIZE), pool.encode(), rewards))
        key = Pubkey.from_string(vault)
        token = TokenAccount(
            mint=self.mint, owner=key, amount=0, delegate=None, state=TokenAccountState.Initialized,
            is_native=None, delegated_amount=0, close_authority=None,
        )  # fmt: skip
        bank.fabricate(key, Account(bank.rent(165), bytes(token), TOKEN))
        bank.persist()
        bank.head.undo.clear()  # these accounts were always there

    def run_as(self, instructions: list[Instruction], payer: Keypair) -> str:
        """Process instructions with every signature they ask for taken as given; return the signature."""
        bank = self.bank
        blockhash = Hash.from_string(bank.blockhash(bank.head.number))
        memo = Instruction(MEMO, secrets.token_hex(8).encode(), [])  # so that two equal gifts are two transactions
        message = MessageV0.try_compile(payer.pubkey(), [*instructions, memo], [], blockhash)
        blank = [Signature.default()] * (message.header.num_required_signatures - 1)
        real = payer.sign_message(to_bytes_versioned(message))
        transaction = VersionedTransaction.populate(message, [real, *blank])
        signature, outcome = self.runtime.send(bytes(transaction), preflight=True, verify=False)
        if outcome is not None:
            raise Failed(outcome)
        return signature

    def give(self, to: str, *, nos: int = 0, lamports: int = 0, stake: int | None = None) -> str:
        """Give micro-NOS, lamports and, when `stake` is not None, a stake of so many micro-NOS to an address."""
        owner, faucet = Pubkey.from_string(to), self.faucet.pubkey()
        steps: list[Instruction] = []
        if lamports:
            steps.append(transfer(TransferParams(from_pubkey=faucet, to_pubkey=owner, lamports=lamports)))
        total = nos + (stake or 0)
        if total or stake is not None:
            steps.append(ix.ata_create(self.cluster, owner=owner, payer=faucet))
        if total:
            account = Pubkey.from_string(addresses.ata(owner, self.mint))
            steps.append(mint_to(self.mint, account, faucet, total))
        staked = Pubkey.from_string(addresses.stake_account(self.cluster, owner))
        if stake is not None and self.bank.get(staked) is None:
            rent = 2 * self.bank.rent(165)
            steps.append(transfer(TransferParams(from_pubkey=faucet, to_pubkey=owner, lamports=rent)))
            steps.append(ix.stake(self.cluster, authority=owner, amount=stake, duration=MIN_DURATION))
        return self.run_as(steps, self.faucet)

    def give_key(self, to: str, collection: str, *, verified: bool = True) -> str:
        """Give an access key: an NFT of a collection whose metadata says so; returns its mint.

        Token and mint are made by the real token program; the metadata account is set as Metaplex would leave it.
        """
        owner, faucet, mint = Pubkey.from_string(to), self.faucet.pubkey(), Keypair().pubkey()
        account = Pubkey.from_string(addresses.ata(owner, mint))
        rent, size = self.bank.rent(MINT_SIZE), MINT_SIZE
        creating = CreateAccountParams(from_pubkey=faucet, to_pubkey=mint, lamports=rent, space=size, owner=TOKEN)
        written, read = (AccountMeta(mint, False, flag) for flag in (True, False))
        steps = [
            create_account(creating),
            Instruction(TOKEN, b"\x14\0" + bytes(faucet) + b"\0", [written]),  # InitializeMint2, no decimals
            Instruction(
                Pubkey.from_string(ATA_PROGRAM),
                b"\x01",
                [
                    AccountMeta(faucet, True, True),
                    AccountMeta(account, False, True),
                    AccountMeta(owner, False, False),
                    read,
                    AccountMeta(SYSTEM, False, False),
                    AccountMeta(TOKEN, False, False),
                ],
            ),
            mint_to(mint, account, faucet, 1),
        ]
        self.run_as(steps, self.faucet)
        data = metadata_encode(mint, faucet, "Access key", Pubkey.from_string(collection), verified=verified)
        held = Account(self.bank.rent(len(data)), data, Pubkey.from_string(METADATA_PROGRAM))
        self.bank.fabricate(Pubkey.from_string(addresses.metadata(mint)), held)
        return str(mint)


def mint_to(mint: Pubkey, account: Pubkey, authority: Pubkey, amount: int) -> Instruction:
    """Return the token program's MintTo."""
    metas = [
        AccountMeta(mint, False, True),
        AccountMeta(account, False, True),
        AccountMeta(authority, True, False),
    ]
    return Instruction(TOKEN, b"\x07" + amount.to_bytes(8, "little"), metas)


__all__ = ["Outcome", "World", "key_of"]
