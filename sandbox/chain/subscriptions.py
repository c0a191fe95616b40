"""WebSocket subscriptions: who wants to hear what, and what is said when a slot moves on."""

import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from solders.account import Account
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM

from sandbox.chain.bank import Bank
from sandbox.chain.encode import account_json
from sandbox.chain.params import LEVELS, BadParams, commitment_of, config_of, filter_of, key_of
from sandbox.chain.store import Entry

Say = Callable[[str], None]
KINDS = ("account", "program", "signature", "logs", "slot", "root")


@dataclass(slots=True)
class Subscription:
    """One wish: `say` sends text to its socket."""

    number: int
    kind: str
    say: Say
    commitment: str = "finalized"
    key: Pubkey | None = None
    signature: str = ""
    mentions: Pubkey | None = None
    encoding: str = "base64"
    filters: list[Callable[[bytes], bool]] = field(default_factory=list)

    def tell(self, result: Any) -> None:
        """Send a notification."""
        params = {"result": result, "subscription": self.number}
        note = {"jsonrpc": "2.0", "method": f"{self.kind}Notification", "params": params}
        self.say(json.dumps(note, separators=(",", ":")))


class Hub:
    """All subscriptions of one server."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.numbers = itertools.count(1)
        self.all: dict[int, Subscription] = {}
        self.told = {level: bank.slot_at(level) for level in LEVELS}
        bank.on_entry.append(self._entered)
        bank.on_open.append(self._opened)

    # --- wishes ---

    def call(self, method: str, params: list[Any], say: Say) -> Any:
        """Answer fooSubscribe or fooUnsubscribe. Raises BadParams, KeyError for an unknown method."""
        if method.endswith("Unsubscribe") and method[:-11] in KINDS:
            if self.all.pop(int(params[0]), None) is None:
                raise BadParams("Invalid subscription id.")
            return True
        if not method.endswith("Subscribe") or method[:-9] not in KINDS:
            raise KeyError(method)
        subscription = self._make(method[:-9], params, say)
        self.all[subscription.number] = subscription
        return subscription.number

    def _make(self, kind: str, params: list[Any], say: Say) -> Subscription:
        wish = Subscription(next(self.numbers), kind, say)
        if kind in ("slot", "root"):
            return wish
        config = config_of(params, 1)
        wish.commitment = commitment_of(config)
        if kind == "signature":
            wish.signature = str(params[0])
        elif kind == "logs":
            which = params[0]
            wish.mentions = key_of(which["mentions"][0]) if isinstance(which, dict) else None
        else:
            wish.key = key_of(params[0])
            wish.encoding = config.get("encoding") or "base64"
            wish.filters = [filter_of(item) for item in config.get("filters") or []]
        return wish

    def settle(self, number: int) -> None:
        """Tell a fresh signature subscription at once when its level is already reached."""
        wish = self.all.get(number)
        if wish is None or wish.kind != "signature":
            return
        entry = self.bank.entry(wish.signature)
        if entry is not None and entry.slot <= self.bank.slot_at(wish.commitment):
            self._signature(wish, entry)

    def forget(self, numbers: Iterable[int]) -> None:
        """Drop the wishes of a socket that closed."""
        for number in numbers:
            self.all.pop(number, None)

    # --- events ---

    def _wishes(self, commitment: str, *kinds: str) -> list[Subscription]:
        return [wish for wish in self.all.values() if wish.commitment == commitment and wish.kind in kinds]

    def _entered(self, entry: Entry, before: dict[Pubkey, Account | None]) -> None:
        for level in (level for level in LEVELS if self.bank.lag[level] == 0):
            self._entries(level, [entry])
            wishes = self._wishes(level, "account", "program")
            if wishes:
                for key, old in before.items():
                    self._change(wishes, entry.slot, key, old, self.bank.get(key))

    def _opened(self, number: int) -> None:
        for wish in list(self.all.values()):
            if wish.kind == "slot":
                wish.tell({"parent": number - 1, "root": self.bank.slot_at("finalized"), "slot": number})
        for level in ("confirmed", "finalized"):
            reached = self.bank.slot_at(level)
            for slot in self.bank.between(self.told[level], reached) if self.bank.lag[level] else ():
                self._entries(level, slot.entries)
                wishes = self._wishes(level, "account", "program")
                if wishes:
                    for key, old in slot.undo.items():
                        self._change(wishes, slot.number, key, old, self.bank.as_of(key, slot.number))
            if level == "finalized":
                for wish in list(self.all.values()):
                    if wish.kind == "root" and reached > self.told[level]:
                        wish.tell(reached)
            self.told[level] = max(reached, self.told[level])

    def _entries(self, level: str, entries: list[Entry]) -> None:
        for wish in self._wishes(level, "signature", "logs"):
            for entry in entries:
                if wish.kind == "signature" and entry.signature == wish.signature:
                    self._signature(wish, entry)
                    break
                if wish.kind == "logs" and (wish.mentions is None or wish.mentions in entry.addresses):
                    value = {"signature": entry.signature, "err": entry.error, "logs": entry.logs}
                    wish.tell({"context": {"slot": entry.slot}, "value": value})

    def _signature(self, wish: Subscription, entry: Entry) -> None:
        self.all.pop(wish.number, None)  # it is told once, as the protocol says
        wish.tell({"context": {"slot": entry.slot}, "value": {"err": entry.error}})

    def _change(
        self, wishes: list[Subscription], slot: int, key: Pubkey, old: Account | None, new: Account | None
    ) -> None:
        if old == new:
            return
        shown = new or Account(0, b"", SYSTEM)
        for wish in wishes:
            if wish.kind == "account" and wish.key == key:
                wish.tell(
                    {"context": {"slot": slot}, "value": account_json(shown, wish.encoding, self.bank.decimals)}
                )
            elif wish.kind == "program" and _concerns(wish, old, new):
                value = {"pubkey": str(key), "account": account_json(shown, wish.encoding, self.bank.decimals)}
                wish.tell({"context": {"slot": slot}, "value": value})


def _concerns(wish: Subscription, old: Account | None, new: Account | None) -> bool:
    """Return whether the program owns the account, or owned it before it was closed."""
    account = new if new is not None else old
    return account is not None and account.owner == wish.key and all(test(account.data) for test in wish.filters)
