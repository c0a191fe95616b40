"""Reading a call's parameters; whatever cannot be read gets one sentence."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from nosana import base58
from solders.pubkey import Pubkey

LEVELS = ("processed", "confirmed", "finalized")


class BadParams(Exception):
    """A request's parameters cannot be used; the text says why."""


class JsonText(str):
    """A result that is JSON text already, so that a long list is not built twice."""


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


def key_of(text: Any) -> Pubkey:
    """Return an address parameter. Raises BadParams."""
    try:
        return Pubkey.from_string(text)
    except (ValueError, TypeError):
        raise BadParams(f"Invalid param: {text!r} is not an address.") from None


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
        encoding = item["memcmp"].get("encoding") or "base58"
        wanted = bytes(text) if isinstance(text, list) else blob_of(text, encoding)
        if len(wanted) > 128:
            raise BadParams("Invalid param: memcmp data is longer than 128 bytes")
        end = offset + len(wanted)
        return lambda data: data[offset:end] == wanted
    raise BadParams(f"Invalid param: filter {item!r} is neither dataSize nor memcmp")
