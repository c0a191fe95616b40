"""Executes transactions: Python models for the Nosana programs, LiteSVM for everything else, all or nothing."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nosana import base58
from solders.account import Account
from solders.instruction import AccountMeta, Instruction
from solders.message import Message, MessageV0, VersionedMessage
from solders.pubkey import Pubkey
from solders.rpc.responses import RpcSimulateTransactionResult
from solders.signature import Signature
from solders.system_program import ID as SYSTEM
from solders.token import ID as TOKEN
from solders.token.state import TokenAccount
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import FailedTransactionMetadata

from sandbox.chain.bank import INTERNAL, Bank
from sandbox.chain.programs.anchor import Failure, Program
from sandbox.chain.store import Entry

PACKET_BYTES = 1232
LAMPORTS_PER_SIGNATURE = 5000
MODEL_UNITS = 30_000  # what one instruction of a Python model is said to consume
DEFAULT_UNITS = 200_000
BUDGET = Pubkey.from_string("ComputeBudget111111111111111111111111111111")


class Refused(Exception):
    """A transaction that never reaches a block: a JSON-RPC error with its code."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(slots=True)
class Outcome:
    """What became of a transaction; `error` is the JSON-RPC value, None when it worked."""

    error: Any = None
    logs: list[str] = field(default_factory=list)
    units: int = 0
    fee: int = 0
    inner: list[Any] = field(default_factory=list)


class WholeFailure(Exception):
    """The transaction as a whole cannot be; `error` is the JSON-RPC value."""

    def __init__(self, error: Any) -> None:
        self.error = error
        super().__init__(error)


class Step:
    """One instruction inside a transaction, as a program's view of the chain."""

    def __init__(self, runtime: "Runtime", outcome: Outcome, index: int, keys: Sequence[Pubkey]) -> None:
        self.runtime = runtime
        self.outcome = outcome
        self.index = index
        self.keys = list(keys)
        self.depth = 1
        self.inner: list[Any] = []

    def get(self, key: Pubkey) -> Account | None:
        """Return an account."""
        return self.runtime.bank.get(key)

    def set(self, key: Pubkey, account: Account | None) -> None:
        """Replace an account."""
        self.runtime.bank.reset(key, account)

    def log(self, line: str) -> None:
        """Add a log line."""
        self.outcome.logs.append(line)

    def rent(self, size: int) -> int:
        """Return the rent-exempt lamports."""
        return self.runtime.bank.rent(size)

    def time(self) -> int:
        """Return the slot's unix time."""
        return self.runtime.bank.head.time

    def invoke(self, instruction: Instruction) -> None:
        """Run an instruction, as a call from inside a model or on its own: models here, the rest in LiteSVM."""
        if self.depth > 1:
            self._note_inner(instruction)
        if (model := self.runtime.programs.get(instruction.program_id)) is not None:
            self._model(model, instruction)
        else:
            self._native(instruction)

    def _model(self, model: Program, instruction: Instruction) -> None:
        program, used = instruction.program_id, self.outcome.units
        self.log(f"Program {program} invoke [{self.depth}]")
        self.depth += 1
        try:
            model.call(self, list(instruction.accounts), bytes(instruction.data))
        except Failure as failure:
            self.log(f"Program {program} failed: {_failed(failure.error)}")
            raise
        finally:
            self.depth -= 1
            self.outcome.units += MODEL_UNITS
        self.log(f"Program {program} consumed {self.outcome.units - used} of {DEFAULT_UNITS} compute units")
        self.log(f"Program {program} success")

    def _native(self, instruction: Instruction) -> None:
        message = Message([instruction], INTERNAL)
        blank = [Signature.default()] * message.header.num_required_signatures
        result = self.runtime.bank.svm.send_transaction(VersionedTransaction.populate(message, blank))
        meta = result.meta() if isinstance(result, FailedTransactionMetadata) else result
        shift = self.depth - 1
        for line in meta.logs():
            self.log(_deeper(line, shift) if shift else line)
        self.outcome.units += meta.compute_units_consumed()
        if isinstance(result, FailedTransactionMetadata):
            raise self._failure(result.err(), message)

    def _failure(self, error: Any, message: Message) -> Failure | WholeFailure:
        value = json.loads(RpcSimulateTransactionResult(err=error).to_json())["err"]
        if isinstance(value, dict) and "InstructionError" in value:
            return Failure(value["InstructionError"][1])
        if isinstance(value, dict) and "InsufficientFundsForRent" in value:
            poor = message.account_keys[value["InsufficientFundsForRent"]["account_index"]]
            return WholeFailure({"InsufficientFundsForRent": {"account_index": self.keys.index(poor)}})
        return WholeFailure(value)

    def _note_inner(self, instruction: Instruction) -> None:
        position = {key: index for index, key in enumerate(self.keys)}
        if instruction.program_id in position:
            self.inner.append({
                "programIdIndex": position[instruction.program_id],
                "accounts": [position.get(meta.pubkey, 0) for meta in instruction.accounts],
                "data": base58.encode(bytes(instruction.data)),
                "stackHeight": self.depth,
            })  # fmt: skip


class Runtime:
    """Takes transactions as bytes and applies them to the bank."""

    def __init__(self, bank: Bank, programs: Sequence[Program]) -> None:
        self.bank = bank
        self.programs = {program.address: program for program in programs}

    # --- the door ---

    def parse(self, blob: bytes) -> VersionedTransaction:
        """Return the transaction. Raises Refused when it is malformed or too large."""
        if len(blob) > PACKET_BYTES:
            raise Refused(
                -32602, f"base64 encoded solana_transaction::versioned::VersionedTransaction too large: "
                f"{len(blob)} bytes (max: encoded/raw 1644/{PACKET_BYTES})"
            )  # fmt: skip
        try:
            transaction = VersionedTransaction.from_bytes(blob)
            transaction.sanitize()
        except Exception as error:  # solders raises its own classes
            raise Refused(-32602, f"invalid transaction: {error}") from None
        if isinstance(transaction.message, MessageV0) and transaction.message.address_table_lookups:
            raise Refused(-32602, "invalid transaction: this sandbox has no address lookup tables")
        return transaction

    def send(self, blob: bytes, *, preflight: bool, verify: bool = True) -> tuple[str, Outcome | None]:
        """Process a transaction; returns (signature, outcome if it was kept out of the block by preflight)."""
        transaction = self.parse(blob)
        if verify and not all(transaction.verify_with_results()):
            raise Refused(-32003, "Transaction signature verification failure")
        signature = str(transaction.signatures[0])
        outcome = self._admit(transaction, signature)
        if outcome is not None:
            # without preflight a real node takes it and drops it in silence
            return signature, outcome if preflight else None
        before, outcome = self._attempt(transaction)
        if outcome.error is not None:
            self._restore(before)
            if preflight or not outcome.fee:  # who cannot pay the fee never gets into a block
                return signature, outcome if preflight else None
            self._charge(transaction, outcome.fee)
        self._record(transaction, blob, signature, outcome, before)
        return signature, None

    def simulate(
        self, transaction: VersionedTransaction, *, blockhash: bool, verify: bool
    ) -> tuple[Outcome, dict]:
        """Run a transaction, undo it, and return (outcome, accounts after it)."""
        if verify and not all(transaction.verify_with_results()):
            return Outcome("SignatureFailure"), {}
        if blockhash and not self.bank.blockhash_lives(str(transaction.message.recent_blockhash)):
            return Outcome("BlockhashNotFound"), {}
        before, outcome = self._attempt(transaction)
        after = {key: self.bank.get(key) for key in transaction.message.account_keys}
        self._restore(before)
        return outcome, after

    def _admit(self, transaction: VersionedTransaction, signature: str) -> Outcome | None:
        if self.bank.entry(signature) is not None:
            return Outcome("AlreadyProcessed")
        if not self.bank.blockhash_lives(str(transaction.message.recent_blockhash)):
            return Outcome("BlockhashNotFound")
        return None

    # --- executing ---

    def _attempt(self, transaction: VersionedTransaction) -> tuple[dict[Pubkey, Account | None], Outcome]:
        """Execute; returns what the writable accounts were before. Whatever breaks leaves nothing behind."""
        message = transaction.message
        before = {key: self.bank.get(key) for i, key in enumerate(message.account_keys) if writable(message, i)}
        try:
            return before, self._execute(transaction)
        except Exception:
            self._restore(before)
            raise

    def _restore(self, before: dict[Pubkey, Account | None]) -> None:
        for key, account in before.items():
            self.bank.reset(key, account)

    def _charge(self, transaction: VersionedTransaction, fee: int) -> None:
        payer = transaction.message.account_keys[0]
        account = self.bank.get(payer)
        if account is not None:
            self.bank.reset(payer, Account(account.lamports - fee, account.data, account.owner))

    def _execute(self, transaction: VersionedTransaction) -> Outcome:
        message = transaction.message
        outcome = Outcome(fee=fee_of(transaction))
        outcome.error = self._payer_error(message.account_keys[0], outcome.fee)
        if outcome.error is not None:
            outcome.fee = 0
            return outcome
        resting = {
            key: account.lamports
            for i, key in enumerate(message.account_keys)
            if writable(message, i) and (account := self.bank.get(key))
        }
        self._charge(transaction, outcome.fee)
        for index, instruction in enumerate(message.instructions):
            step = Step(self, outcome, index, message.account_keys)
            try:
                self._instruct(step, message, instruction)
            except Failure as failure:
                outcome.error = {"InstructionError": [index, failure.error]}
                return outcome
            except WholeFailure as failure:
                outcome.error = failure.error
                return outcome
            finally:
                if step.inner:
                    outcome.inner.append({"index": index, "instructions": step.inner})
        outcome.error = self._rent_error(message, resting)
        return outcome

    def _payer_error(self, payer: Pubkey, fee: int) -> Any:
        account = self.bank.get(payer)
        if account is None:
            return "AccountNotFound"
        if account.owner != SYSTEM or account.data:
            return "InvalidAccountForFee"
        rest = account.lamports - fee
        if rest < 0:
            return "InsufficientFundsForFee"
        return {"InsufficientFundsForRent": {"account_index": 0}} if 0 < rest < self.bank.rent(0) else None

    def _rent_error(self, message: VersionedMessage, resting: dict[Pubkey, int]) -> Any:
        for i, key in enumerate(message.account_keys):
            account = self.bank.get(key) if writable(message, i) else None
            if account is not None and account.lamports < self.bank.rent(len(account.data)):
                if (
                    resting.get(key, 0) < self.bank.rent(len(account.data))
                    and resting.get(key) == account.lamports
                ):
                    continue  # it was poor before and did not move
                return {"InsufficientFundsForRent": {"account_index": i}}
        return None

    def _instruct(self, step: Step, message: VersionedMessage, instruction: Any) -> None:
        keys = message.account_keys
        metas = [
            AccountMeta(keys[i], message.is_signer(i), writable(message, i)) for i in bytes(instruction.accounts)
        ]
        program = keys[instruction.program_id_index]
        step.invoke(Instruction(program, bytes(instruction.data), metas))

    # --- the record ---

    def _record(
        self,
        transaction: VersionedTransaction,
        blob: bytes,
        signature: str,
        outcome: Outcome,
        before: dict[Pubkey, Account | None],
    ) -> None:
        keys = list(transaction.message.account_keys)
        pre = {key: before[key] if key in before else self.bank.get(key) for key in keys}
        post = {key: self.bank.get(key) for key in keys}
        for key, account in before.items():
            if account != post[key]:
                self.bank.keep(key, account)
        slot = self.bank.head
        entry = Entry(
            signature, slot.number, len(slot.entries), slot.time, outcome.error, outcome.fee, outcome.units,
            blob, outcome.logs, keys, [a.lamports if a else 0 for a in pre.values()],
            [a.lamports if a else 0 for a in post.values()], outcome.inner,
            token_balances(pre, self.bank.decimals), token_balances(post, self.bank.decimals),
        )  # fmt: skip
        self.bank.record(entry, before)


def writable(message: VersionedMessage, index: int) -> bool:
    """Return whether the message asks to write the account (programs and sysvars aside, which no one asks for)."""
    header = message.header
    signed = header.num_required_signatures
    if index < signed:
        return index < signed - header.num_readonly_signed_accounts
    return index < len(message.account_keys) - header.num_readonly_unsigned_accounts


def fee_of(transaction: VersionedTransaction) -> int:
    """Return the lamports a transaction costs: per signature, and the priority price per unit asked for."""
    message = transaction.message
    price, units = 0, DEFAULT_UNITS * len(message.instructions)
    for instruction in message.instructions:
        if message.account_keys[instruction.program_id_index] == BUDGET:
            data = bytes(instruction.data)
            units -= DEFAULT_UNITS
            if data[:1] == b"\x03":
                price = int.from_bytes(data[1:9], "little")
            elif data[:1] == b"\x02":
                units = int.from_bytes(data[1:5], "little")
    priority = -(-price * min(max(units, 0), 1_400_000) // 1_000_000)
    return LAMPORTS_PER_SIGNATURE * message.header.num_required_signatures + priority


def token_balances(accounts: dict[Pubkey, Account | None], decimals: Callable[[Pubkey], int]) -> list[Any]:
    """Return the token balances part of a transaction's meta."""
    balances = []
    for index, account in enumerate(accounts.values()):
        if account is not None and account.owner == TOKEN and len(account.data) == 165 and account.data[108]:
            token = TokenAccount.from_bytes(account.data)
            balances.append({
                "accountIndex": index, "mint": str(token.mint), "owner": str(token.owner), "programId": str(TOKEN),
                "uiTokenAmount": ui_amount(token.amount, decimals(token.mint)),
            })  # fmt: skip
    return balances


def ui_amount(amount: int, decimals: int) -> dict[str, Any]:
    """Return a token amount as JSON-RPC shows it."""
    whole, part = divmod(amount, 10**decimals)
    text = f"{whole}.{part:0{decimals}}".rstrip("0").rstrip(".") if decimals else str(whole)
    return {"amount": str(amount), "decimals": decimals, "uiAmount": float(text), "uiAmountString": text}


def _deeper(line: str, by: int) -> str:
    head, bracket, tail = line.rpartition(" invoke [")
    return f"{head}{bracket}{int(tail[:-1]) + by}]" if bracket and tail[:-1].isdigit() else line


def _failed(error: Any) -> str:
    if isinstance(error, dict) and "Custom" in error:
        return f"custom program error: {error['Custom']:#x}"
    return "Program failed to complete" if error == "ProgramFailedToComplete" else str(error)
