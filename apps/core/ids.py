"""Identifiers that sort by the time they were made."""

import os
import time
import uuid
from datetime import datetime


def uuid7() -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562): 48 bits of Unix milliseconds, then random bits."""
    value = int.from_bytes(os.urandom(16), "big")
    value = (time.time_ns() // 1_000_000) << 80 | value & ((1 << 80) - 1)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def uuid7_at(moment: datetime) -> uuid.UUID:
    """Return the least version 7 UUID of that millisecond: what was made later compares as greater."""
    milliseconds = max(int(moment.timestamp() * 1000), 0)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62)
