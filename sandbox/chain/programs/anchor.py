"""What an Anchor program's generated code does: reading accounts, checks by name, error lines in the log."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, TypeVar

from nosana.chain import ChainError
from solders.account import Account
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM
from solders.sysvar import RENT
from solders.token import ID as TOKEN
from solders.token.state import TokenAccount

TOKEN_ACCOUNT_SIZE, MINT_SIZE = 165, 82

ANCHOR: dict[str, tuple[int, str]] = {
    "InstructionFallbackNotFound": (101, "Fallback functions are not supported"),
    "InstructionDidNotDeserialize": (102, "The program could not deserialize the given instruction"),
    "ConstraintMut": (2000, "A mut constraint was violated"),
    "ConstraintHasOne": (2001, "A has one constraint was violated"),
    "ConstraintSigner": (2002, "A signer constraint was violated"),
    "ConstraintRaw": (2003, "A raw constraint was violated"),
    "ConstraintSeeds": (2006, "A seeds constraint was violated"),
    "ConstraintAddress": (2012, "An address constraint was violated"),
    "ConstraintTokenMint": (2014, "A token mint constraint was violated"),
    "ConstraintDuplicateMutableAccount": (2040, "A duplicate mutable account constraint was violated"),
    "AccountDiscriminatorNotFound": (3001, "No discriminator was found on the account"),
    "AccountDiscriminatorMismatch": (3002, "Account discriminator did not match what was expected"),
    "AccountDidNotDeserialize": (3003, "Failed to deserialize the account"),
    "AccountDidNotSerialize": (3004, "Failed to serialize the account"),
    "AccountNotEnoughKeys": (3005, "Not enough account keys given to the instruction"),
    "AccountOwnedByWrongProgram": (3007, "The given account is owned by a different program than expected"),
    "InvalidProgramId": (3008, "Program ID was not as expected"),
    "AccountNotSigner": (3010, "The given account did not sign"),
    "AccountNotInitialized": (3012, "The program expected this account to be already initialized"),
    "AccountSysvarMismatch": (3015, "The given public key does not match the required sysvar"),
}


class Failure(Exception):
    """An instruction failed; `error` is the InstructionError value of JSON-RPC."""

    def __init__(self, error: Any) -> None:
        self.error = error
        super().__init__(error)


@dataclass(slots=True)
class Info:
    """An account as one instruction sees it."""

    name: str
    key: Pubkey
    signer: bool
    writable: bool


class Vm(Protocol):
    """What a program may do to the chain."""

    def get(self, key: Pubkey) -> Account | None:
        """Return an account."""

    def set(self, key: Pubkey, account: Account | None) -> None:
        """Replace an account."""

    def invoke(self, instruction: Instruction) -> None:
        """Run an instruction of another program; raises Failure."""

    def log(self, line: str) -> None:
        """Add a line to the transaction's log."""

    def rent(self, size: int) -> int:
        """Return the lamports that exempt this many bytes."""

    def time(self) -> int:
        """Return the cluster's unix time."""


class Decodable(Protocol):
    """A codec of nosana.chain."""

    DISCRIMINATOR: ClassVar[bytes]

    @classmethod
    def decode(cls, data: bytes) -> Self: ...

    def encode(self) -> bytes: ...


T = TypeVar("T", bound=Decodable)


def _decoded(kind: type[T], data: bytes) -> T | None:
    try:
        return kind.decode(data)
    except ChainError:
        return None


class Call:
    """One call of a program: its accounts by name, its arguments, and Anchor's checks."""

    def __init__(
        self, vm: Vm, program: Pubkey, metas: list[AccountMeta], data: bytes, errors: dict[str, tuple[int, str]]
    ) -> None:
        self.vm = vm
        self.program = program
        self.metas = metas
        self.data = data
        self.errors = errors

    # --- failing ---

    def fail(self, name: str, account: Info | None = None) -> Failure:
        """Return the failure to raise, after logging it as Anchor does."""
        code, message = self.errors.get(name) or ANCHOR[name]
        where = f"caused by account: {account.name}" if account else "occurred"
        line = f"AnchorError {where}. Error Code: {name}. Error Number: {code}. Error Message: {message}."
        self.vm.log(f"Program log: {line}")
        return Failure({"Custom": code})

    def panic(self, message: str) -> Failure:
        """Return the failure of a program that panicked."""
        self.vm.log(f"Program log: panicked at {message}")
        return Failure("ProgramFailedToComplete")

    def require(self, holds: bool, name: str, account: Info | None = None) -> None:
        """Raise the named error unless the condition holds."""
        if not holds:
            raise self.fail(name, account)

    # --- arguments and accounts ---

    def arguments(self, layout: str) -> tuple[Any, ...]:
        """Return the Borsh arguments; "O" in the layout stands for a u128."""
        shape = struct.Struct("<" + layout.replace("O", "16s"))
        self.require(len(self.data) - 8 >= shape.size, "InstructionDidNotDeserialize")
        values = shape.unpack_from(self.data, 8)
        if "O" not in layout:
            return values
        return tuple(int.from_bytes(v, "little") if isinstance(v, bytes) and len(v) == 16 else v for v in values)

    def accounts(self, *names: str) -> list[Info]:
        """Return the accounts in order. Raises AccountNotEnoughKeys."""
        missing = names[min(len(self.metas), len(names) - 1)]
        self.require(len(self.metas) >= len(names), "AccountNotEnoughKeys", Info(missing, SYSTEM, False, False))
        return [
            Info(name, meta.pubkey, meta.is_signer, meta.is_writable)
            for name, meta in zip(names, self.metas, strict=False)
        ]

    def _owned(self, info: Info, owner: Pubkey) -> Account:
        account = self.vm.get(info.key)
        self.require(account is not None, "AccountNotInitialized", info)
        assert account is not None
        self.require(account.owner == owner, "AccountOwnedByWrongProgram", info)
        return account

    def load(self, info: Info, kind: type[T], owner: Pubkey | None = None) -> T:
        """Return a typed account of this program (or of `owner`)."""
        account = self._owned(info, owner or self.program)
        self.require(len(account.data) >= 8, "AccountDiscriminatorNotFound", info)
        self.require(account.data[:8] == kind.DISCRIMINATOR, "AccountDiscriminatorMismatch", info)
        value = _decoded(kind, account.data)
        self.require(value is not None, "AccountDidNotDeserialize", info)
        assert value is not None
        return value

    def token_account(self, info: Info) -> TokenAccount:
        """Return a live SPL token account."""
        account = self._owned(info, TOKEN)
        # byte 108 is the state: 0 means not initialised
        good = len(account.data) == TOKEN_ACCOUNT_SIZE and account.data[108] != 0
        self.require(good, "AccountDidNotDeserialize", info)
        return TokenAccount.from_bytes(account.data)

    def mint_account(self, info: Info) -> None:
        """Check a live SPL mint."""
        account = self._owned(info, TOKEN)
        good = len(account.data) == MINT_SIZE and account.data[45] != 0  # byte 45: initialised
        self.require(good, "AccountDidNotDeserialize", info)

    def signer(self, info: Info) -> None:
        """Check a Signer."""
        self.require(info.signer, "AccountNotSigner", info)

    def program_is(self, info: Info, address: Pubkey) -> None:
        """Check a Program."""
        self.require(info.key == address, "InvalidProgramId", info)

    def rent_sysvar(self, info: Info) -> None:
        """Check the rent sysvar."""
        self.require(info.key == RENT, "AccountSysvarMismatch", info)

    # --- constraints ---

    def mut(self, *infos: Info) -> None:
        """Check `mut`."""
        for info in infos:
            self.require(info.writable, "ConstraintMut", info)

    def distinct(self, first: Info, *others: Info) -> None:
        """Refuse the same writable account twice, as Anchor 1.0 does; only those of one type can be the same."""
        seen = {first.key}
        for info in others:
            self.require(info.key not in seen, "ConstraintDuplicateMutableAccount", info)
            seen.add(info.key)

    # --- effects ---

    def store(self, info: Info, value: Decodable) -> None:
        """Write a typed account back."""
        account = self.vm.get(info.key)
        assert account is not None
        data = value.encode()
        self.require(len(data) <= len(account.data), "AccountDidNotSerialize", info)
        self.vm.set(info.key, Account(account.lamports, data.ljust(len(account.data), b"\0"), account.owner))

    def create(self, info: Info, payer: Info, size: int, owner: Pubkey) -> None:
        """Create an account by the system program, paid by `payer`."""
        lamports = self.vm.rent(size)
        data = struct.pack("<IQQ", 0, lamports, size) + bytes(owner)
        metas = [AccountMeta(payer.key, payer.signer, True), AccountMeta(info.key, info.signer, True)]
        self.vm.invoke(Instruction(SYSTEM, data, metas))

    def close(self, info: Info, to: Info) -> None:
        """Close an account of this program and send its lamports to `to`."""
        account, receiver = self.vm.get(info.key), self.vm.get(to.key)
        assert account is not None
        self.vm.set(info.key, None)
        if receiver is None:
            self.vm.set(to.key, Account(account.lamports, b"", SYSTEM))
        else:
            lamports = receiver.lamports + account.lamports
            self.vm.set(to.key, Account(lamports, receiver.data, receiver.owner, receiver.executable))

    def token_account_create(self, info: Info, payer: Info, mint: Pubkey, owner: Pubkey) -> None:
        """Create an SPL token account at an address the program signs for."""
        self.create(Info(info.name, info.key, True, True), payer, TOKEN_ACCOUNT_SIZE, TOKEN)
        metas = [AccountMeta(info.key, False, True), AccountMeta(mint, False, False)]
        self.vm.invoke(Instruction(TOKEN, b"\x12" + bytes(owner), metas))  # InitializeAccount3

    def token_transfer(
        self, source: Info, to: Info, authority: Info, amount: int, *, signed: bool = False
    ) -> None:
        """Move tokens by the token program; `signed` when the program signs for its own address."""
        metas = [
            AccountMeta(source.key, False, True), AccountMeta(to.key, False, True),
            AccountMeta(authority.key, signed or authority.signer, False),
        ]  # fmt: skip
        self.vm.invoke(Instruction(TOKEN, struct.pack("<BQ", 3, amount), metas))

    def token_close(self, info: Info, to: Info, authority: Info) -> None:
        """Close a token account the program signs for."""
        metas = [
            AccountMeta(info.key, False, True), AccountMeta(to.key, False, True),
            AccountMeta(authority.key, True, False),
        ]  # fmt: skip
        self.vm.invoke(Instruction(TOKEN, b"\x09", metas))


Handler = Callable[[Call], None]


def discriminator(name: str) -> bytes:
    """Return the bytes an instruction starts with."""
    return hashlib.sha256(f"global:{name}".encode()).digest()[:8]


def title(name: str) -> str:
    """Return an instruction's name as Anchor logs it."""
    return "".join(part.capitalize() for part in name.split("_"))


class Program:
    """A table of instructions under one address."""

    def __init__(self, address: Pubkey, handlers: dict[str, Handler], errors: dict[str, tuple[int, str]]) -> None:
        self.address = address
        self.errors = errors
        self.handlers = {discriminator(name): (title(name), handler) for name, handler in handlers.items()}

    def call(self, vm: Vm, metas: list[AccountMeta], data: bytes) -> None:
        """Run one instruction. Raises Failure."""
        call = Call(vm, self.address, metas, data, self.errors)
        found = self.handlers.get(data[:8])
        call.require(found is not None, "InstructionFallbackNotFound")
        assert found is not None
        vm.log(f"Program log: Instruction: {found[0]}")
        found[1](call)
