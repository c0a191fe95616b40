"""The network's own header: a message and who signed it, `<message>:<base58 signature>[:<unix ms>]`.

Nodes and posters prove themselves with it. Source: network facts, 4.4. The time is not part of what is signed, as on
the network, so a header proves whose key it is and no more: send it over TLS alone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.signature import Signature

LONGEST = 400  # characters; an address, a signature and a time have some 150


@dataclass(frozen=True)
class SignedHeader:
    """What a header says; nothing of it is believed before `signed_by`."""

    message: str
    signature: str
    at: datetime | None

    def signed_by(self, address: str) -> bool:
        """Return whether the holder of the address signed the message."""
        try:
            signature, key = Signature.from_string(self.signature), Pubkey.from_string(address)
        except ValueError:
            return False
        return signature.verify(key, self.message.encode())

    def fresh(self, now: datetime, limit: timedelta) -> bool:
        """Return whether it carries a time that is no further from `now` than `limit`."""
        return self.at is not None and abs(now - self.at) <= limit


def header_make(message: str, key: Keypair, at: datetime) -> str:
    """Return the header in which the key signs the message."""
    return f"{message}:{key.sign_message(message.encode())}:{int(at.timestamp() * 1000)}"


def header_read(text: str) -> SignedHeader | None:
    """Return what a header says, None when it has no such shape."""
    if len(text) > LONGEST or not text.isascii():
        return None
    at = None
    parts = text.rsplit(":", 2)
    if len(parts) == 3 and parts[2].isdigit() and len(parts[2]) < 15:
        message, signature = parts[0], parts[1]
        at = datetime.fromtimestamp(int(parts[2]) / 1000, tz=UTC)
    else:
        message, _, signature = text.rpartition(":")
    return SignedHeader(message, signature, at) if message and signature else None
