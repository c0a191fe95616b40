"""The JSON-RPC methods, each as one function of its parameters."""

import json
from collections.abc import Callable
from typing import Any

from solders.account import Account
from solders.pubkey import Pubkey
from solders.token import ID as TOKEN

from sandbox.chain.bank import SLOTS_PER_EPOCH
from sandbox.chain.encode import account_json, line_text
from sandbox.chain.genesis import World
from sandbox.chain.params import BadParams, JsonText, blob_of, commitment_of, config_of, filter_of, key_of
from sandbox.chain.runtime import ui_amount
from sandbox.chain.transactions import Transactions

VERSION = {"solana-core": "3.1.10", "feature-set": 0}
LOADER = Pubkey.from_string("BPFLoaderUpgradeab1e11111111111111111111111")


class Methods(Transactions):
    """Answers JSON-RPC calls from one world."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.table: dict[str, Callable[[list[Any]], Any]] = {
            name: getattr(self, name) for name in dir(type(self)) if name.startswith(("get", "is", "request"))
        }
        for name in ("sendTransaction", "simulateTransaction"):
            self.table[name] = getattr(self, name)

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
        return self._context(commitment, self._latest(commitment))

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
        signatures = blob_of(params[0], "base64").lstrip(b"\x80")[0]
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
            account = Account(1_141_440, b"\x02" + bytes(35), LOADER, executable=True)
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
        lines = list(self.bank.owned_at(key_of(params[0]), commitment))
        for test in tests:
            lines = [line for line in lines if test(line[1].data)]
        text = "[" + ",".join(line_text(key, held, encoding, piece) for key, held in lines) + "]"
        if config.get("withContext"):
            return self._context(commitment, json.loads(text))
        return JsonText(text)

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
