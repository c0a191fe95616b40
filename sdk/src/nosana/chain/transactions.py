"""Signed transactions as bytes, built without a network."""

from collections.abc import Sequence
from dataclasses import dataclass

from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.transaction import VersionedTransaction

from nosana.chain.errors import ChainError, TransactionTooLarge

PACKET_BYTES = 1232


@dataclass(frozen=True, slots=True)
class Blockhash:
    """A recent blockhash (base58) and the last block height at which it is still valid."""

    hash: str
    last_valid_block_height: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction: its bytes, its signature (base58), and until which block height it may land."""

    blob: bytes
    signature: str
    last_valid_block_height: int


def transaction_build(
    instructions: Sequence[Instruction],
    *,
    payer: Keypair,
    signers: Sequence[Keypair] = (),
    blockhash: Blockhash,
) -> Signed:
    """Sign a version 0 transaction; `payer` pays the fee and `signers` may repeat it or each other.

    Raises TransactionTooLarge over 1,232 bytes, ChainError when a needed signer is missing or one is not needed.
    """
    message = MessageV0.try_compile(payer.pubkey(), list(instructions), [], Hash.from_string(blockhash.hash))
    needed = message.account_keys[: message.header.num_required_signatures]
    keys = {key.pubkey(): key for key in (payer, *signers)}
    if missing := [str(address) for address in needed if address not in keys]:
        raise ChainError(f"The transaction also needs the signature of {', '.join(missing)}.")
    if extra := [str(address) for address in keys if address not in needed]:
        raise ChainError(f"The transaction does not name the signer {', '.join(extra)}.")
    transaction = VersionedTransaction(message, [keys[address] for address in needed])
    blob = bytes(transaction)
    if len(blob) > PACKET_BYTES:
        raise TransactionTooLarge(
            f"The transaction has {len(blob)} bytes; {PACKET_BYTES} is the most. Split its instructions."
        )
    return Signed(blob, str(transaction.signatures[0]), blockhash.last_valid_block_height)
