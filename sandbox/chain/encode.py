"""Accounts and transactions as JSON-RPC shows them."""

import base64
from typing import Any

from nosana.chain import base58
from solders.account import Account
from solders.pubkey import Pubkey
from solders.token import ID as TOKEN
from solders.token.state import Mint, TokenAccount

from sandbox.chain.runtime import ui_amount
from sandbox.chain.store import Entry

RENT_EPOCH = 2**64 - 1
STATES = ("uninitialized", "initialized", "frozen")  # by TokenAccountState


class BadParams(Exception):
    """A request's parameters cannot be used; the text says why."""


def account_json(account: Account, encoding: str, piece: dict[str, int] | None = None) -> dict[str, Any]:
    """Return an account in the encoding asked for. Raises BadParams."""
    return {
        "data": _data(account, encoding, piece),
        "executable": account.executable,
        "lamports": account.lamports,
        "owner": str(account.owner),
        "rentEpoch": RENT_EPOCH,
        "space": len(account.data),
    }


def _data(account: Account, encoding: str, piece: dict[str, int] | None) -> Any:
    if encoding == "jsonParsed":
        parsed = _parsed(account)
        if parsed is not None:
            return {"program": "spl-token", "parsed": parsed, "space": len(account.data)}
        encoding = "base64"
    data = account.data
    if piece:
        data = data[piece["offset"] : piece["offset"] + piece["length"]]
    if encoding == "base64":
        return [base64.b64encode(data).decode(), "base64"]
    if encoding in ("base58", "binary"):
        if len(data) > 128:
            raise BadParams(
                "Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding."
            )
        text = base58.encode(data)
        return text if encoding == "binary" else [text, "base58"]
    raise BadParams(f"Invalid params: encoding {encoding!r} is not one of base64, base58, jsonParsed.")


def _parsed(account: Account) -> dict[str, Any] | None:
    if account.owner != TOKEN:
        return None
    if len(account.data) == 165:
        token = TokenAccount.from_bytes(account.data)
        info = {
            "isNative": token.is_native is not None,
            "mint": str(token.mint),
            "owner": str(token.owner),
            "state": STATES[int(token.state)],
            "tokenAmount": ui_amount(token.amount),
        }
        if token.delegate is not None:
            info |= {"delegate": str(token.delegate), "delegatedAmount": ui_amount(token.delegated_amount)}
        return {"info": info, "type": "account"}
    if len(account.data) == 82:
        mint = Mint.from_bytes(account.data)
        info = {
            "decimals": mint.decimals,
            "freezeAuthority": mint.freeze_authority and str(mint.freeze_authority),
            "isInitialized": mint.is_initialized,
            "mintAuthority": mint.mint_authority and str(mint.mint_authority),
            "supply": str(mint.supply),
        }
        return {"info": info, "type": "mint"}
    return None


def meta_json(entry: Entry) -> dict[str, Any]:
    """Return the `meta` part of a processed transaction."""
    return {
        "computeUnitsConsumed": entry.units,
        "err": entry.error,
        "fee": entry.fee,
        "innerInstructions": entry.inner,
        "loadedAddresses": {"readonly": [], "writable": []},
        "logMessages": entry.logs,
        "postBalances": entry.post_balances,
        "postTokenBalances": entry.post_tokens,
        "preBalances": entry.pre_balances,
        "preTokenBalances": entry.pre_tokens,
        "rewards": [],
        "status": {"Ok": None} if entry.error is None else {"Err": entry.error},
    }


def key_of(text: Any) -> Pubkey:
    """Return an address parameter. Raises BadParams."""
    try:
        return Pubkey.from_string(text)
    except (ValueError, TypeError):
        raise BadParams(f"Invalid param: {text!r} is not an address.") from None
