"""The JSON-RPC methods, each as one function of its parameters."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from nosana.chain import base58
from solders.account import Account
from solders.instruction import CompiledInstruction
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM
from solders.token import ID as TOKEN
from solders.transaction import VersionedTransaction

from sandbox.chain.bank import BLOCKHASH_LIFE, SLOTS_PER_EPOCH
from sandbox.chain.encode import BadParams, account_json, key_of, meta_json
from sandbox.chain.genesis import World
from sandbox.chain.runtime import Outcome, Refused, ui_amount
from sandbox.chain.store import Entry

VERSION = {"solana-core": "3.1.10", "feature-set": 0}
LEVELS = ("processed", "confirmed", "finalized")


class RpcError(Exception):
    """A JSON-RPC error with code, message and data."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        self.code = code
        self.data = data
        super().__init__(message)


def config_of(params: list[Any], place: int) -> dict[str, Any]:
    """Return the configuration object at a place among the parameters, {} when it is left out."""
    value = params[place] if len(params) > place else None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadParams(f"Invalid params: an object is expected at place {place}.")
    return value


def commitment_of(config: dict[str, Any], key: str = "commitment") -> str:
    """Return the commitment asked for; finalized is the protocol's default."""
    value = config.get(key) or "finalized"
    if value not in LEVELS:
        raise BadParams(f"Invalid params: commitment {value!r} is not one of {', '.join(LEVELS)}.")
    return value


class Methods:
    """Answers JSON-RPC calls from one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bank = world.bank
        self.table: dict[str, Callable[[list[Any]], Any]] = {
            name: getattr(self, name) for name in dir(type(self)) if name.startswith(("get", "is", "request"))
        }
        for name in ("sendTransaction", "simulateTransaction"):
            self.table[name] = getattr(self, name)

    def _context(self, commitment: str, value: Any) -> dict[str, Any]:
        return {
            "context": {"apiVersion": VERSION["solana-core"], "slot": self.bank.slot_at(commitment)},
            "value": value,
        }

    # --- the cluster ---

    def getHealth(self, params: list[Any]) -> str:
        """Return "ok"."""
        return "ok"

    def getVersion(self, params: list[Any]) -> dict[str, Any]:
        """Return the version this stand-in follows."""
        return VERSION

    def getGenesisHash(self, params: list[Any]) -> str:
        """Return the cluster's identity."""
        return self.bank.genesis_hash

    def getSlot(self, params: list[Any]) -> int:
        """Return the slot at a commitment."""
        return self.bank.slot_at(commitment_of(config_of(params, 0)))

    def getBlockHeight(self, params: list[Any]) -> int:
        """Return the block height at a commitment."""
        return self.bank.height(self.getSlot(params))

    def getBlockTime(self, params: list[Any]) -> int:
        """Return the unix time, for the open slot only."""
        return self.bank.head.time

    def getEpochInfo(self, params: list[Any]) -> dict[str, Any]:
        """Return slot, height and epoch."""
        slot = self.getSlot(params)
        epoch, index = self.bank.epoch_of(slot)
        return {
            "absoluteSlot": slot, "blockHeight": self.bank.height(slot), "epoch": epoch, "slotIndex": index,
            "slotsInEpoch": SLOTS_PER_EPOCH, "transactionCount": None,
        }  # fmt: skip

    def getLatestBlockhash(self, params: list[Any]) -> dict[str, Any]:
        """Return a blockhash and its last valid height."""
        commitment = commitment_of(config_of(params, 0))
        slot = self.bank.slot_at(commitment)
        value = {
            "blockhash": self.bank.blockhash(slot),
            "lastValidBlockHeight": self.bank.height(slot) + BLOCKHASH_LIFE,
        }
        return self._context(commitment, value)

    def isBlockhashValid(self, params: list[Any]) -> dict[str, Any]:
        """Return whether a transaction with this blockhash may still land."""
        commitment = commitment_of(config_of(params, 1))
        slot = self.bank.hashes.get(str(params[0]))
        seen = slot is not None and slot <= self.bank.slot_at(commitment)
        return self._context(commitment, seen and self.bank.blockhash_lives(str(params[0])))

    def getMinimumBalanceForRentExemption(self, params: list[Any]) -> int:
        """Return the rent of so many bytes."""
        return self.bank.rent(int(params[0]))

    def getRecentPrioritizationFees(self, params: list[Any]) -> list[Any]:
        """Return no fees: nobody competes here."""
        return []

    def getFeeForMessage(self, params: list[Any]) -> dict[str, Any]:
        """Return the base fee of a message."""
        signatures = base64.b64decode(params[0]).lstrip(b"\x80")[0]
        return self._context(commitment_of(config_of(params, 1)), 5000 * signatures)

    # --- accounts ---

    def getBalance(self, params: list[Any]) -> dict[str, Any]:
        """Return an account's lamports."""
        commitment = commitment_of(config_of(params, 1))
        account = self.bank.get_at(key_of(params[0]), commitment)
        return self._context(commitment, account.lamports if account else 0)

    def _account(self, address: Any, commitment: str, config: dict[str, Any]) -> dict[str, Any] | None:
        key = key_of(address)
        account = self.bank.get_at(key, commitment)
        if account is None and key in self.world.runtime.programs:
            loader = Pubkey.from_string("BPFLoaderUpgradeab1e11111111111111111111111")
            account = Account(1_141_440, b"\x02" + bytes(35), loader, executable=True)
        if account is None:
            return None
        return account_json(account, config.get("encoding") or "binary", config.get("dataSlice"))

    def getAccountInfo(self, params: list[Any]) -> dict[str, Any]:
        """Return one account."""
        config = config_of(params, 1)
        commitment = commitment_of(config)
        return self._context(commitment, self._account(params[0], commitment, config))

    def getMultipleAccounts(self, params: list[Any]) -> dict[str, Any]:
        """Return up to 100 accounts."""
        config = config_of(params, 1)
        commitment = commitment_of(config)
        if len(params[0]) > 100:
            raise BadParams(f"Too many inputs provided; max 100, not {len(params[0])}.")
        encoded = {"encoding": "base64", **config}
        return self._context(commitment, [self._account(key, commitment, encoded) for key in params[0]])

    def getProgramAccounts(self, params: list[Any]) -> Any:
        """Return a program's accounts that match every filter."""
        config = config_of(params, 1)
        commitment = commitment_of(config)
        tests = [filter_of(item) for item in config.get("filters") or []]
        if len(tests) > 4:
            raise BadParams(f"Too many filters provided; max 4, not {len(tests)}.")
        encoding, piece = config.get("encoding") or "base64", config.get("dataSlice")
        found = [
            {"pubkey": str(key), "account": account_json(account, encoding, piece)}
            for key, account in self.bank.owned_at(key_of(params[0]), commitment)
            if all(test(account.data) for test in tests)
        ]
        return self._context(commitment, found) if config.get("withContext") else found

    # --- tokens ---

    def getTokenAccountBalance(self, params: list[Any]) -> dict[str, Any]:
        """Return a token account's amount."""
        commitment = commitment_of(config_of(params, 1))
        account = self.bank.get_at(key_of(params[0]), commitment)
        if account is None or account.owner != TOKEN or len(account.data) != 165:
            raise BadParams("Invalid param: could not find account")
        return self._context(commitment, ui_amount(int.from_bytes(account.data[64:72], "little")))

    def getTokenSupply(self, params: list[Any]) -> dict[str, Any]:
        """Return a mint's supply."""
        commitment = commitment_of(config_of(params, 1))
        account = self.bank.get_at(key_of(params[0]), commitment)
        if account is None or len(account.data) != 82:
            raise BadParams("Invalid param: could not find mint")
        return self._context(commitment, ui_amount(int.from_bytes(account.data[36:44], "little")))

    def getTokenAccountsByOwner(self, params: list[Any]) -> dict[str, Any]:
        """Return the owner's token accounts of a mint or of the token program."""
        owner, which, config = bytes(key_of(params[0])), config_of(params, 1), config_of(params, 2)
        commitment = commitment_of(config)
        mint = bytes(key_of(which["mint"])) if which.get("mint") else None
        encoding = config.get("encoding") or "base64"
        found = [
            {"pubkey": str(key), "account": account_json(account, encoding, config.get("dataSlice"))}
            for key, account in self.bank.owned_at(TOKEN, commitment)
            if len(account.data) == 165
            and account.data[32:64] == owner
            and (not mint or account.data[:32] == mint)
        ]
        return self._context(commitment, found)

    # --- transactions ---

    def sendTransaction(self, params: list[Any]) -> str:
        """Process a transaction and return its signature."""
        config = config_of(params, 1)
        blob = blob_of(params[0], config.get("encoding") or "base58")
        skip = bool(config.get("skipPreflight"))
        signature, outcome = self.world.runtime.send(blob, preflight=not skip)
        if outcome is not None:
            message = f"Transaction simulation failed: {said(outcome.error)}"
            raise RpcError(-32002, message, simulation_json(outcome) | {"accounts": None})
        return signature

    def simulateTransaction(self, params: list[Any]) -> dict[str, Any]:
        """Return what a transaction would do."""
        config = config_of(params, 1)
        commitment = commitment_of(config)
        transaction = self.world.runtime.parse(blob_of(params[0], config.get("encoding") or "base58"))
        replace, verify = bool(config.get("replaceRecentBlockhash")), bool(config.get("sigVerify"))
        if replace and verify:
            raise BadParams("sigVerify may not be used with replaceRecentBlockhash")
        outcome, after = self.world.runtime.simulate(transaction, blockhash=not replace, verify=verify)
        value = simulation_json(outcome) | {"accounts": None, "replacementBlockhash": None}
        if wanted := config.get("accounts"):
            encoding = wanted.get("encoding") or "base64"
            accounts = [after.get(key_of(address)) for address in wanted["addresses"]]
            value["accounts"] = [account and account_json(account, encoding) for account in accounts]
        if replace:
            latest = self.getLatestBlockhash([{"commitment": commitment}])
            value["replacementBlockhash"] = latest["value"]
        return self._context(commitment, value)

    def requestAirdrop(self, params: list[Any]) -> str:
        """Give lamports and return the signature."""
        return self.world.give(str(key_of(params[0])), lamports=int(params[1]))

    def _status(self, signature: str) -> dict[str, Any] | None:
        entry = self.bank.entry(signature)
        if entry is None:
            return None
        level = self.bank.level(entry.slot)
        confirmations = None if level == "finalized" else self.bank.head.number - entry.slot
        return {
            "slot": entry.slot, "confirmations": confirmations, "err": entry.error, "confirmationStatus": level,
            "status": {"Ok": None} if entry.error is None else {"Err": entry.error},
        }  # fmt: skip

    def getSignatureStatuses(self, params: list[Any]) -> dict[str, Any]:
        """Return how far transactions got."""
        if len(params[0]) > 256:
            raise BadParams(f"Too many inputs provided; max 256, not {len(params[0])}.")
        return self._context("processed", [self._status(str(signature)) for signature in params[0]])

    def getSignaturesForAddress(self, params: list[Any]) -> list[dict[str, Any]]:
        """Return the newest transactions that named an address."""
        config = config_of(params, 1)
        limit = int(config.get("limit") or 1000)
        if not 1 <= limit <= 1000:
            raise BadParams("Invalid limit; max 1000")
        newest = self.bank.slot_at(commitment_of(config))
        first = self.bank.entry(config["before"]) if config.get("before") else None
        before = (first.slot, first.place) if first else (newest + 1, 0)
        last = self.bank.entry(config["until"]) if config.get("until") else None
        until = (last.slot, last.place) if last else (-1, 0)
        key = key_of(params[0])
        entries = [entry for entry in reversed(self.bank.head.entries) if key in entry.addresses]
        entries += filter(None, map(self.bank.entry, self.bank.store.touched(key, before, limit)))
        chosen = [entry for entry in entries if until < (entry.slot, entry.place) < before][:limit]
        return [
            {
                "signature": entry.signature, "slot": entry.slot, "err": entry.error, "memo": None,
                "blockTime": entry.time, "confirmationStatus": self.bank.level(entry.slot),
            }
            for entry in chosen
        ]  # fmt: skip

    def getTransaction(self, params: list[Any]) -> dict[str, Any] | None:
        """Return a processed transaction, None when it is unknown at the commitment."""
        config = (
            config_of(params, 1) if not isinstance(params[1:2] and params[1], str) else {"encoding": params[1]}
        )
        entry = self.bank.entry(str(params[0]))
        if entry is None or entry.slot > self.bank.slot_at(commitment_of(config)):
            return None
        transaction = VersionedTransaction.from_bytes(entry.blob)
        version = transaction.version()
        return {
            "slot": entry.slot, "blockTime": entry.time, "meta": meta_json(entry),
            "transaction": transaction_json(entry, transaction, config.get("encoding") or "json"),
            "version": version if isinstance(version, int) else "legacy",
        }  # fmt: skip


def transaction_json(entry: Entry, transaction: VersionedTransaction, encoding: str) -> Any:
    """Return a transaction's own part."""
    if encoding == "base64":
        return [base64.b64encode(entry.blob).decode(), "base64"]
    if encoding == "base58":
        return [base58.encode(entry.blob), "base58"]
    message = transaction.message
    header = message.header
    instructions: list[CompiledInstruction] = list(message.instructions)
    return {
        "signatures": [str(signature) for signature in transaction.signatures],
        "message": {
            "accountKeys": [str(key) for key in message.account_keys],
            "header": {
                "numRequiredSignatures": header.num_required_signatures,
                "numReadonlySignedAccounts": header.num_readonly_signed_accounts,
                "numReadonlyUnsignedAccounts": header.num_readonly_unsigned_accounts,
            },
            "instructions": [
                {
                    "programIdIndex": item.program_id_index, "accounts": list(bytes(item.accounts)),
                    "data": base58.encode(bytes(item.data)), "stackHeight": 1,
                }
                for item in instructions
            ],
            "recentBlockhash": str(message.recent_blockhash),
        },
    }  # fmt: skip


def simulation_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as simulateTransaction and preflight show it."""
    return {
        "err": outcome.error, "logs": outcome.logs, "unitsConsumed": outcome.units, "returnData": None,
        "innerInstructions": None, "loadedAccountsDataSize": 0,
    }  # fmt: skip


def said(error: Any) -> str:
    """Return a transaction error in the words nodes use."""
    texts = {
        "BlockhashNotFound": "Blockhash not found",
        "AlreadyProcessed": "This transaction has already been processed",
        "AccountNotFound": "Attempt to debit an account but found no record of a prior credit.",
        "InsufficientFundsForFee": "Insufficient funds for fee",
        "InvalidAccountForFee": "This account may not be used to pay transaction fees",
    }
    if isinstance(error, str):
        return texts.get(error, error)
    if "InstructionError" in error:
        index, inner = error["InstructionError"]
        if isinstance(inner, dict) and "Custom" in inner:
            return f"Error processing Instruction {index}: custom program error: {inner['Custom']:#x}"
        return f"Error processing Instruction {index}: {inner}"
    if "InsufficientFundsForRent" in error:
        index = error["InsufficientFundsForRent"]["account_index"]
        return f"Transaction results in an account ({index}) with insufficient funds for rent"
    return json.dumps(error)


def blob_of(text: Any, encoding: str) -> bytes:
    """Return a transaction's bytes. Raises BadParams."""
    try:
        if encoding == "base64":
            return base64.b64decode(text, validate=True)
        if encoding == "base58":
            return base58.decode(text)
    except (ValueError, TypeError, binascii.Error):
        raise BadParams(f"invalid {encoding} encoding") from None
    raise BadParams(f"unsupported encoding: {encoding}. Supported encodings: base58, base64")


def filter_of(item: Any) -> Callable[[bytes], bool]:
    """Return a test of an account's bytes. Raises BadParams."""
    if isinstance(item, dict) and "dataSize" in item:
        size = int(item["dataSize"])
        return lambda data: len(data) == size
    if isinstance(item, dict) and "memcmp" in item:
        offset, text = int(item["memcmp"]["offset"]), item["memcmp"]["bytes"]
        if isinstance(text, list):
            wanted = bytes(text)
        else:
            wanted = blob_of(text, item["memcmp"].get("encoding") or "base58")
        if len(wanted) > 128:
            raise BadParams("Invalid param: memcmp data is longer than 128 bytes")
        end = offset + len(wanted)
        return lambda data: data[offset:end] == wanted
    raise BadParams(f"Invalid param: filter {item!r} is neither dataSize nor memcmp")


__all__ = ["SYSTEM", "BadParams", "Methods", "Refused", "RpcError"]
