"""The JSON-RPC methods about transactions."""

from typing import Any

from solders.transaction import VersionedTransaction

from sandbox.chain.bank import BLOCKHASH_LIFE
from sandbox.chain.encode import account_json, meta_json, said, simulation_json, transaction_json
from sandbox.chain.genesis import World
from sandbox.chain.params import BadParams, RpcError, blob_of, commitment_of, config_of, key_of


class Transactions:
    """Sending, simulating and looking up transactions."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bank = world.bank

    def _context(self, commitment: str, value: Any) -> dict[str, Any]:
        return {"context": {"apiVersion": "3.1.10", "slot": self.bank.slot_at(commitment)}, "value": value}

    def _latest(self, commitment: str) -> dict[str, Any]:
        slot = self.bank.slot_at(commitment)
        height = self.bank.height(slot) + BLOCKHASH_LIFE
        return {"blockhash": self.bank.blockhash(slot), "lastValidBlockHeight": height}

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
            value["accounts"] = [
                account and account_json(account, encoding, self.bank.decimals) for account in accounts
            ]
        if replace:
            value["replacementBlockhash"] = self._latest(commitment)
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
        short = len(params) > 1 and isinstance(params[1], str)  # the old form names the encoding alone
        config = {"encoding": params[1]} if short else config_of(params, 1)
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
