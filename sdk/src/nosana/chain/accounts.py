"""The program's accounts as values (network facts §1.5); addresses are base58 text, times unix seconds."""

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import ClassVar, Self

from solders.pubkey import Pubkey

from nosana.chain.cluster import SYSTEM_PROGRAM
from nosana.chain.errors import ChainError
from nosana.cid import NO_RESULT, cid_from_digest


class JobState(IntEnum):
    """What a job account stores; a queued job whose run account exists is running (network facts §1.6)."""

    QUEUED = 0
    DONE = 2
    STOPPED = 3


class QueueType(IntEnum):
    """What waits in a market's queue."""

    JOB = 0
    NODE = 1
    EMPTY = 255


class JobType(IntEnum):
    """A market's informational type; UNKNOWN (255) takes deposits but queues nothing (network facts §1.9 f)."""

    DEFAULT = 0
    SMALL = 1
    MEDIUM = 2
    LARGE = 3
    GPU = 4
    UNKNOWN = 255


def discriminator(kind: str) -> bytes:
    """Return the eight bytes an account of this type starts with."""
    return hashlib.sha256(f"account:{kind}".encode()).digest()[:8]


@lru_cache(maxsize=65536)  # the same few markets, payers, projects and nodes come again and again
def _address(raw: bytes) -> str:
    return str(Pubkey.from_bytes(raw))


def _raw(address: str) -> bytes:
    return bytes(Pubkey.from_string(address))


class _Account:
    __slots__ = ()
    DISCRIMINATOR: ClassVar[bytes]
    LAYOUT: ClassVar[struct.Struct]
    SIZE: ClassVar[int]  # bytes allocated on chain

    @classmethod
    def _unpack(cls, data: bytes) -> tuple:
        if data[:8] != cls.DISCRIMINATOR or len(data) < 8 + cls.LAYOUT.size:
            raise ChainError(f"These {len(data)} bytes are no {cls.__name__}.")
        return cls.LAYOUT.unpack_from(data, 8)


@dataclass(frozen=True)
class JobAccount(_Account):
    """One job: `price` is micro-NOS a second, `timeout` seconds; `node` and times are set when it ends."""

    DISCRIMINATOR: ClassVar = discriminator("JobAccount")
    LAYOUT: ClassVar = struct.Struct("<32s32s32s32s32sQ32sBqqq")
    SIZE: ClassVar = 240

    ipfs_job: bytes
    ipfs_result: bytes
    market: str
    node: str
    payer: str
    price: int
    project: str
    state: int
    time_end: int
    time_start: int
    timeout: int

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the job in the account's bytes. Raises ChainError when they hold none."""
        job, result, market, node, payer, price, project, state, end, start, timeout = cls._unpack(data)
        self = object.__new__(cls)  # filled at once: a frozen class sets fields one by one, half as fast
        self.__dict__.update(
            ipfs_job=job, ipfs_result=result, market=_address(market), node=_address(node), payer=_address(payer),
            price=price, project=_address(project), state=state, time_end=end, time_start=start, timeout=timeout,
        )  # fmt: skip
        return self

    def encode(self) -> bytes:
        """Return the account's bytes at their allocated size."""
        packed = self.LAYOUT.pack(
            self.ipfs_job, self.ipfs_result, _raw(self.market), _raw(self.node), _raw(self.payer), self.price,
            _raw(self.project), self.state, self.time_end, self.time_start, self.timeout,
        )  # fmt: skip
        return (self.DISCRIMINATOR + packed).ljust(self.SIZE, b"\0")

    @property
    def deposit(self) -> int:
        """Micro-NOS in the vault for the whole timeout."""
        return self.price * self.timeout

    @property
    def cid_job(self) -> str:
        """CIDv0 of the definition."""
        return cid_from_digest(self.ipfs_job)

    @property
    def cid_result(self) -> str | None:
        """CIDv0 of the result, None while there is none."""
        return None if self.ipfs_result == NO_RESULT else cid_from_digest(self.ipfs_result)

    def cost(self, price_seconds: int | None = None) -> int:
        """Micro-NOS the node earned: price times elapsed seconds, at most the timeout."""
        seconds = self.time_end - self.time_start if price_seconds is None else price_seconds
        return self.price * max(0, min(seconds, self.timeout))


@dataclass(frozen=True, slots=True)
class RunAccount(_Account):
    """The match of a job and a node while it runs; `time` is the start, `payer` gets the rent back."""

    DISCRIMINATOR: ClassVar = discriminator("RunAccount")
    LAYOUT: ClassVar = struct.Struct("<32s32s32sBq")
    SIZE: ClassVar = 120

    job: str
    node: str
    payer: str
    state: int
    time: int

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the run in the account's bytes. Raises ChainError when they hold none."""
        job, node, payer, state, time = cls._unpack(data)
        return cls(_address(job), _address(node), _address(payer), state, time)

    def encode(self) -> bytes:
        """Return the account's bytes at their allocated size."""
        packed = self.LAYOUT.pack(_raw(self.job), _raw(self.node), _raw(self.payer), self.state, self.time)
        return (self.DISCRIMINATOR + packed).ljust(self.SIZE, b"\0")


@dataclass(frozen=True, slots=True)
class MarketAccount(_Account):
    """One market: `job_price` micro-NOS a second, times in seconds, `queue` holds jobs or nodes, never both."""

    DISCRIMINATOR: ClassVar = discriminator("MarketAccount")
    LAYOUT: ClassVar = struct.Struct("<32sqQqB32sB32s16sBI")
    SIZE: ClassVar = 10224
    QUEUE_MAX: ClassVar = 314

    authority: str
    job_expiration: int
    job_price: int
    job_timeout: int
    job_type: int
    vault: str
    vault_bump: int
    node_access_key: str
    node_xnos_minimum: int
    queue_type: int
    queue: tuple[str, ...]

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the market in the account's bytes. Raises ChainError when they hold none."""
        (authority, expiration, price, timeout, kind, vault, bump, key, minimum, queue_type, count) = cls._unpack(
            data
        )
        start = 8 + cls.LAYOUT.size
        if len(data) < start + 32 * count:
            raise ChainError(f"The market's queue claims {count} entries but the account is too short for them.")
        queue = tuple(_address(data[start + 32 * i : start + 32 * (i + 1)]) for i in range(count))
        return cls(
            _address(authority), expiration, price, timeout, kind, _address(vault), bump, _address(key),
            int.from_bytes(minimum, "little"), queue_type, queue,
        )  # fmt: skip

    def encode(self) -> bytes:
        """Return the account's bytes at their allocated size."""
        packed = self.LAYOUT.pack(
            _raw(self.authority), self.job_expiration, self.job_price, self.job_timeout, self.job_type,
            _raw(self.vault), self.vault_bump, _raw(self.node_access_key),
            self.node_xnos_minimum.to_bytes(16, "little"), self.queue_type, len(self.queue),
        )  # fmt: skip
        return (self.DISCRIMINATOR + packed + b"".join(map(_raw, self.queue))).ljust(self.SIZE, b"\0")

    @property
    def jobs_waiting(self) -> int:
        """Jobs in the queue."""
        return len(self.queue) if self.queue_type == QueueType.JOB else 0

    @property
    def nodes_waiting(self) -> int:
        """Nodes in the queue."""
        return len(self.queue) if self.queue_type == QueueType.NODE else 0

    @property
    def access_key(self) -> str | None:
        """Address of the NFT collection a node must hold, None when none is asked for."""
        return None if self.node_access_key == SYSTEM_PROGRAM else self.node_access_key


@dataclass(frozen=True, slots=True)
class StakeAccount(_Account):
    """A node's stake: `amount` micro-NOS, `duration` seconds, `xnos` the weight (0 once unstaking)."""

    DISCRIMINATOR: ClassVar = discriminator("StakeAccount")
    LAYOUT: ClassVar = struct.Struct("<Q32sQq32sB16s")
    SIZE: ClassVar = 128

    amount: int
    authority: str
    duration: int
    time_unstake: int
    vault: str
    vault_bump: int
    xnos: int

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the stake in the account's bytes. Raises ChainError when they hold none."""
        amount, authority, duration, unstake, vault, bump, xnos = cls._unpack(data)
        weight = int.from_bytes(xnos, "little")
        return cls(amount, _address(authority), duration, unstake, _address(vault), bump, weight)

    def encode(self) -> bytes:
        """Return the account's bytes at their allocated size."""
        packed = self.LAYOUT.pack(
            self.amount, _raw(self.authority), self.duration, self.time_unstake, _raw(self.vault), self.vault_bump,
            self.xnos.to_bytes(16, "little"),
        )  # fmt: skip
        return (self.DISCRIMINATOR + packed).ljust(self.SIZE, b"\0")


@dataclass(frozen=True, slots=True)
class ReflectionAccount(_Account):
    """The rewards pool; network fees raise `total_xnos` (network facts §1.12)."""

    DISCRIMINATOR: ClassVar = discriminator("ReflectionAccount")
    LAYOUT: ClassVar = struct.Struct("<16s16s16s32sB")
    SIZE: ClassVar = 96

    rate: int
    total_reflection: int
    total_xnos: int
    vault: str
    bump: int

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the pool in the account's bytes. Raises ChainError when they hold none."""
        rate, reflection, xnos, vault, bump = cls._unpack(data)
        first, second, third = (int.from_bytes(value, "little") for value in (rate, reflection, xnos))
        return cls(first, second, third, _address(vault), bump)

    def encode(self) -> bytes:
        """Return the account's bytes at their allocated size."""
        numbers = (value.to_bytes(16, "little") for value in (self.rate, self.total_reflection, self.total_xnos))
        packed = self.LAYOUT.pack(*numbers, _raw(self.vault), self.bump)
        return (self.DISCRIMINATOR + packed).ljust(self.SIZE, b"\0")


def job_status(job: JobAccount, run: RunAccount | None) -> str:
    """Return QUEUED, RUNNING, COMPLETED or STOPPED; running is derived from the run (network facts §1.6)."""
    if job.state == JobState.QUEUED:
        return "RUNNING" if run is not None else "QUEUED"
    if job.state == JobState.DONE:
        return "COMPLETED"
    return "STOPPED" if job.state == JobState.STOPPED else f"UNKNOWN ({job.state})"
