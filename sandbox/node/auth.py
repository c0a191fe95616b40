"""The network's own header: a message, its signature by the job's project, a time. Source: network facts, 4.4."""

import time

from solders.pubkey import Pubkey
from solders.signature import Signature


def is_signed_by(header: str, signer: str, seconds: int) -> bool:
    """Return whether `<message>:<base58 signature>[:<unix ms>]` is the signer's and not older than `seconds`.

    As on the network the time is not part of what is signed.
    """
    parts = header.rsplit(":", 2)
    if len(parts) == 3 and parts[2].isdigit() and len(parts[2]) < 16:
        message, signed, moment = parts
        if abs(time.time() - int(moment) / 1000) > max(seconds, 1):
            return False
    else:
        message, _, signed = header.rpartition(":")
    try:
        return bool(message) and Signature.from_string(signed).verify(Pubkey.from_string(signer), message.encode())
    except ValueError:
        return False
