"""The chain's state: accounts in LiteSVM, slots that age from processed over confirmed to finalised."""

import hashlib
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from solders.account import Account
from solders.clock import Clock
from solders.hash import Hash
from solders.litesvm import LiteSVM
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM

from sandbox.chain.store import Entry, Store

FIRST_SLOT = 200
SKIPPED = 100  # block height runs behind the slot, as on real clusters, so that nobody mixes them up
BLOCKHASH_LIFE = 150  # blocks
SLOTS_PER_EPOCH = 432_000
INTERNAL = Pubkey.from_bytes(hashlib.sha256(b"sandbox chain: pays the fees of single steps").digest())


@dataclass(slots=True)
class Slot:
    """One block: what accounts were before it, and its transactions."""

    number: int
    time: int
    undo: dict[Pubkey, Account | None] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


class Held:
    """A copy of an account that lists by program are made from; `text` caches how it is shown whole."""

    __slots__ = ("data", "executable", "lamports", "owner", "text")

    def __init__(self, account: Account) -> None:
        self.lamports = account.lamports
        self.data = account.data
        self.owner = account.owner
        self.executable = account.executable
        self.text: str | None = None


class Bank:
    """Owns the virtual machine; every method is synchronous and must be called from one thread."""

    def __init__(self, data: Path, *, instant: bool = False, finality_lag: int = 32) -> None:
        self.lag = {"processed": 0, "confirmed": 0 if instant else 1, "finalized": 0 if instant else finality_lag}
        self.svm = LiteSVM().with_sigverify(False).with_blockhash_check(False).with_transaction_history(0)
        self.store = Store(data / "chain.sqlite")
        self.owned: dict[Pubkey, dict[Pubkey, Held]] = {}
        self.recent: dict[str, Entry] = {}  # of slots that are not finalised, or whose blockhash may still live
        self.rent_cache: dict[int, int] = {}
        self.on_entry: list[Callable[[Entry, dict[Pubkey, Account | None]], None]] = []
        self.on_open: list[Callable[[int], None]] = []
        meta = self.store.meta()
        self.fresh = not meta
        self.secret: str = meta.get("secret") or secrets.token_hex(32)
        self.forks: list[list[int]] = meta.get("forks", [[0, 0]])
        self.clock_offset: int = meta.get("clock_offset", 0)
        self.root: int = meta.get("slot", FIRST_SLOT)  # what was written before a restart is final
        self.last_time: int = meta.get("time", 0)
        for address, account in self.store.accounts():
            self.svm.set_account(address, account)
            self.owned.setdefault(account.owner, {})[address] = Held(account)
        self.svm.set_account(INTERNAL, Account(10**18, b"", SYSTEM))
        self.slots: deque[Slot] = deque()
        self.hashes: dict[str, int] = {}
        for number in range(max(FIRST_SLOT, self.root - BLOCKHASH_LIFE), self.root + 1):
            self.hashes[self.blockhash(number)] = number
        self._open(self.root + 1)

    # --- identity and time ---

    @property
    def genesis_hash(self) -> str:
        """The cluster's identity, made of fresh random bytes on the first start."""
        return str(Hash.from_bytes(hashlib.sha256(f"genesis {self.secret}".encode()).digest()))

    @property
    def head(self) -> Slot:
        """The open slot."""
        return self.slots[-1]

    def now(self) -> int:
        """Return the cluster's unix time; it never runs backwards."""
        return max(self.last_time, int(time.time()) + self.clock_offset)

    def slot_at(self, commitment: str) -> int:
        """Return the newest slot at a commitment."""
        return max(self.head.number - self.lag[commitment], self.root)

    @staticmethod
    def height(slot: int) -> int:
        """Return the block height of a slot."""
        return slot - SKIPPED

    def blockhash(self, slot: int) -> str:
        """Return the blockhash of a slot on the present fork."""
        fork = next(nonce for start, nonce in reversed(self.forks) if start <= slot)
        return str(Hash.from_bytes(hashlib.sha256(f"{self.secret} {fork} {slot}".encode()).digest()))

    def blockhash_lives(self, blockhash: str) -> bool:
        """Return whether a transaction with this blockhash may still be processed."""
        slot = self.hashes.get(blockhash)
        return slot is not None and self.head.number <= slot + BLOCKHASH_LIFE

    def epoch_of(self, slot: int) -> tuple[int, int]:
        """Return (epoch, index in it)."""
        return divmod(slot, SLOTS_PER_EPOCH)

    def rent(self, size: int) -> int:
        """Return the lamports that exempt an account of this size."""
        if size not in self.rent_cache:
            self.rent_cache[size] = self.svm.minimum_balance_for_rent_exemption(size)
        return self.rent_cache[size]

    # --- slots ---

    def _open(self, number: int) -> None:
        self.last_time = now = self.now()
        self.slots.append(Slot(number, now))
        self.hashes[self.blockhash(number)] = number
        epoch, _ = self.epoch_of(number)
        self.svm.set_clock(Clock(number, now, epoch, epoch + 1, now))

    def tick(self) -> None:
        """Close the open slot, write it, and open the next one."""
        closed = self.head
        self.persist()
        self._open(closed.number + 1)
        # one slot longer than finality asks for, so that what became final just now can still be announced
        while len(self.slots) > 1 and self.slots[0].number < self.head.number - self.lag["finalized"]:
            self.root = self.slots.popleft().number
        horizon = self.head.number - max(BLOCKHASH_LIFE, self.lag["finalized"]) - 2
        while self.hashes and (oldest := next(iter(self.hashes.items())))[1] < horizon:
            del self.hashes[oldest[0]]
        while self.recent and (old := next(iter(self.recent.values()))).slot < horizon:
            del self.recent[old.signature]
        for listener in self.on_open:
            listener(self.head.number)

    def persist(self) -> None:
        """Write the open slot as it stands."""
        slot = self.head
        meta = {
            "secret": self.secret, "forks": self.forks, "clock_offset": self.clock_offset, "slot": slot.number,
            "time": slot.time,
        }  # fmt: skip
        self.store.write(meta, [(key, self.get(key)) for key in slot.undo], slot.entries)

    def fork_drop(self, slots: int) -> list[str]:
        """Undo the newest `slots` slots that are not finalised; return the signatures that vanished."""
        final = self.slot_at("finalized")
        count = min(slots, sum(slot.number > final for slot in self.slots))
        if count < 1:
            raise ValueError("Every slot is final: there is no fork to drop.")
        vanished: list[str] = []
        undone: dict[Pubkey, Account | None] = {}
        for _ in range(count):
            slot = self.slots.pop()
            undone.update(slot.undo)
            vanished += [entry.signature for entry in slot.entries]
            self.hashes.pop(self.blockhash(slot.number), None)
            number = slot.number
        for key, account in undone.items():
            self._put(key, account)
        for signature in vanished:
            self.recent.pop(signature, None)
        self.store.drop_from(number)
        self.forks.append([number, secrets.randbits(48)])
        for skipped in range(number, number + count):  # commitments still point at these slots for a while
            self.hashes[self.blockhash(skipped)] = skipped
        self._open(number + count)  # the fork that won is as long
        self.head.undo.update(undone)
        self.persist()
        return vanished

    # --- accounts ---

    def get(self, key: Pubkey) -> Account | None:
        """Return an account as processed, None when it does not exist."""
        account = self.svm.get_account(key)
        return account if account is not None and account.lamports else None

    def _put(self, key: Pubkey, account: Account | None) -> None:
        before = self.get(key)
        if before is not None:
            self.owned.get(before.owner, {}).pop(key, None)
        self.svm.set_account(key, account or Account(0, b"", SYSTEM))
        if account is not None:
            self.owned.setdefault(account.owner, {})[key] = Held(account)

    def reset(self, key: Pubkey, account: Account | None) -> None:
        """Put an account back inside a transaction, without a trace."""
        self.svm.set_account(key, account or Account(0, b"", SYSTEM))

    def keep(self, key: Pubkey, before: Account | None) -> None:
        """Note that a transaction changed an account, so that older commitments and forks can look behind it."""
        self.head.undo.setdefault(key, before)
        after = self.get(key)
        if before is not None and (after is None or after.owner != before.owner):
            self.owned.get(before.owner, {}).pop(key, None)
        if after is not None:
            self.owned.setdefault(after.owner, {})[key] = Held(after)

    def fabricate(self, key: Pubkey, account: Account | None) -> None:
        """Set an account out of thin air (genesis, faucet)."""
        before = self.get(key)
        self._put(key, account)
        self.head.undo.setdefault(key, before)

    def get_at(self, key: Pubkey, commitment: str) -> Account | None:
        """Return an account as of a commitment."""
        return self.as_of(key, self.slot_at(commitment))

    def as_of(self, key: Pubkey, limit: int) -> Account | None:
        """Return an account as it was when a slot that is not forgotten closed."""
        for slot in self.slots:
            if slot.number > limit and key in slot.undo:
                return slot.undo[key]
        return self.get(key)

    def between(self, after: int, until: int) -> list[Slot]:
        """Return the slots that are not forgotten, after one and up to another."""
        return [slot for slot in self.slots if after < slot.number <= until]

    def owned_at(self, owner: Pubkey, commitment: str) -> Iterator[tuple[Pubkey, Held]]:
        """Yield the accounts of a program as of a commitment."""
        limit = self.slot_at(commitment)
        overlay: dict[Pubkey, Account | None] = {}
        for slot in self.slots:
            if slot.number > limit:
                for key, account in slot.undo.items():
                    overlay.setdefault(key, account)
        held = self.owned.get(owner, {})
        yield from ((key, held[key]) for key in held if key not in overlay) if overlay else held.items()
        for key, account in overlay.items():
            if account is not None and account.owner == owner:
                yield key, Held(account)

    # --- transactions ---

    def record(self, entry: Entry, before: dict[Pubkey, Account | None]) -> None:
        """Add a processed transaction to the open slot; `before` is what its accounts were."""
        self.head.entries.append(entry)
        self.recent[entry.signature] = entry
        for listener in self.on_entry:
            listener(entry, before)

    def entry(self, signature: str) -> Entry | None:
        """Return a processed transaction, None when unknown."""
        return self.recent.get(signature) or self.store.entry(signature)

    def level(self, slot: int) -> str:
        """Return the commitment a slot has reached."""
        for commitment in ("finalized", "confirmed"):
            if slot <= self.slot_at(commitment):
                return commitment
        return "processed"

    def close(self) -> None:
        """Write everything and close the file."""
        self.persist()
        self.store.close()
