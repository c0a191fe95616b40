"""Checks that an event came from the platform, by the Standard Webhooks rules.

Give the body as it came, to the byte: `event = verify(body, headers, secret)`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

PREFIX, VERSION = "whsec_", "v1"
TOLERANCE_S = 300


class VerificationError(Exception):
    """The event did not come from the platform, or not now: answer it with 400, and do nothing with it."""


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str | Sequence[str],
    *,
    tolerance_s: float = TOLERANCE_S,
    now: float | None = None,
) -> dict[str, Any]:
    """Return the event that a request holds, once its signature is right. Raises VerificationError.

    `secret` is the endpoint's (`whsec_…`), or several while one is rotated; an event whose time is over `tolerance_s`
    seconds away is refused. The same event may come again: `webhook-id` tells.
    """
    content = body.encode() if isinstance(body, str) else bytes(body)
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        number, moment, signatures = (lower[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise VerificationError(f"The header {missing.args[0]} is missing.") from None
    if not (moment.isascii() and moment.isdigit() and len(moment) < 13):
        raise VerificationError("The header webhook-timestamp is no time.")
    if abs((time.time() if now is None else now) - int(moment)) > tolerance_s:
        raise VerificationError("The event is not of now: it was sent too long ago, or a clock is wrong.")
    signed = b".".join([number.encode(), moment.encode(), content])
    wanted = [_sign(one, signed) for one in ([secret] if isinstance(secret, str) else secret)]
    sent = [found for kind, _, found in (one.partition(",") for one in signatures.split(" ")) if kind == VERSION]
    if not any(hmac.compare_digest(ours, theirs.encode()) for ours in wanted for theirs in sent):
        raise VerificationError("The signature is not one by this secret over this body.")
    try:
        event = json.loads(content)
    except ValueError as error:
        raise VerificationError("The body is not JSON.") from error
    if not isinstance(event, dict):
        raise VerificationError("The body is no event.")
    return event


def sign(body: bytes, secret: str, *, number: str, moment: int) -> dict[str, str]:
    """Return the headers that the platform sends with an event; for tests of whoever receives them."""
    signature = _sign(secret, b".".join([number.encode(), str(moment).encode(), body])).decode()
    return {
        "webhook-id": number,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"{VERSION},{signature}",
    }


def _sign(secret: str, content: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("This is no secret of an endpoint; it begins with whsec_.") from error
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())
