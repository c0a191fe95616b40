"""What may go wrong on chain, each with one plain sentence."""

import re
from collections.abc import Sequence

# Names are what counts: the numbers of two error lists of the program collide (network facts §1.10).
SENTENCES: dict[str, str] = {
    "InvalidMarketAccount": "The job belongs to another market than the one given.",
    "MarketInWrongState": "The market's queue does not hold what this act needs.",
    "NotInMarketQueue": "The job or node is not in the market's queue.",
    "InvalidJobAccount": "The run belongs to another job than the one given.",
    "JobInWrongState": "The job is in a state that does not allow this act.",
    "JobNotExpired": "The job's account cannot be cleaned before the market's expiration time has passed.",
    "JobResultNull": "The result must not be empty (32 zero bytes).",
    "JobInvalidProject": "The project given is not the one that listed the job.",
    "JobTimeoutNotGreater": "The new timeout must be greater than the job's present one.",
    "JobInvalidRunAccount": "The run account does not belong to this job.",
    "JobResultsAlreadySet": "The job already has a result.",
    "NodeQueueDoesNotMatch": "The queue does not belong to this market.",
    "NodeStakeUnauthorized": "The stake account is not the one of this node.",
    "NodeNotEnoughStake": "The node's stake (xNOS) is below the market's minimum.",
    "NodeAlreadyQueued": "The node already waits in this market's queue.",
    "NodeNftWrongMetadata": "The metadata account is not the one of the access-key NFT.",
    "NodeNftWrongOwner": "The access-key NFT does not belong to the node.",
    "NodeNftInvalidAmount": "The node's access-key token account is empty.",
    "NodeKeyInvalidCollection": "The NFT is not of the verified collection that this market asks for.",
    "Unauthorized": "The signer may not do this.",
    "InvalidOwner": "An account is owned by the wrong program.",
    "LamportsNonNull": "The run address is already in use; make a fresh key.",
    "MissingSignature": "A signature is missing.",
    "InvalidAccount": "An account is not the one expected.",
    "InvalidTokenAccount": "A token account is not the one expected.",
    "InvalidMint": "The mint is not NOS.",
    "InvalidVault": "The vault is not the one of this market.",
    "InvalidPayer": "The payer given is not the recorded one.",
    "VaultEmpty": "The vault is empty.",
    "VaultNotEmpty": "The vault is not empty.",
    "InvalidATA": "The token account is not the owner's associated NOS account.",
    "InvalidStakeAccount": "The stake account is not the one of this node.",
    "AmountNotEnough": "The amount to stake is too small.",
    "DurationTooShort": "A stake lasts 14 days at least.",
    "DurationTooLong": "A stake lasts 365 days at most.",
    "AlreadyUnstaked": "The stake is being unlocked already.",
    "HasReward": "Leave the rewards pool before unstaking.",
    "InstructionFallbackNotFound": "The program does not know this instruction.",
    "InstructionDidNotDeserialize": "The instruction's arguments could not be read.",
    "ConstraintMut": "An account must be writable.",
    "ConstraintHasOne": "Two accounts do not belong together.",
    "ConstraintSigner": "A signature is missing.",
    "ConstraintRaw": "A condition on the accounts does not hold.",
    "ConstraintSeeds": "An address is not the one derived from its seeds.",
    "ConstraintAddress": "An address is not the one expected.",
    "ConstraintTokenMint": "A token account holds another token than NOS.",
    "ConstraintDuplicateMutableAccount": "The same account was given twice to be written.",
    "AccountDiscriminatorNotFound": "An account holds no data of the expected kind.",
    "AccountDiscriminatorMismatch": "An account is of another kind than expected.",
    "AccountDidNotDeserialize": "An account's data could not be read.",
    "AccountDidNotSerialize": "An account is full, such as a market's queue at 314 entries.",
    "AccountNotEnoughKeys": "Too few accounts were given.",
    "AccountOwnedByWrongProgram": "An account is owned by the wrong program.",
    "InvalidProgramId": "A program's address is not the one expected.",
    "InvalidProgramExecutable": "An account given as program is none.",
    "AccountNotSigner": "A signature is missing.",
    "AccountNotInitialized": "An account does not exist (yet); create it first.",
    "AccountNotSystemOwned": "An account must belong to the system program.",
    "InsufficientFunds": "The token account does not hold enough NOS.",
    "InsufficientLamports": "An account does not hold enough SOL.",
    "AccountAlreadyInUse": "The account to create already exists; make a fresh key.",
    "InsufficientFundsForFee": "The fee payer does not hold enough SOL for the fee.",
    "InsufficientFundsForRent": "An account would be left with less SOL than its rent asks for.",
    "AccountNotFound": "The fee payer has no SOL.",
    "BlockhashNotFound": "The transaction's blockhash is unknown or expired; build it again with a fresh one.",
    "AlreadyProcessed": "This very transaction was already processed.",
}


class ChainError(Exception):
    """Something on the way to the chain, or on it, did not work; the text is one sentence."""


class ChainUnavailable(ChainError):
    """The endpoint did not answer; whether a transaction arrived is unknown: look it up before sending again."""


class ClusterMismatch(ChainError):
    """The endpoint serves another cluster than the configured one."""


class ProgramMismatch(ChainError):
    """The program on chain does not behave as this library and the configuration expect."""


class TransactionExpired(ChainError):
    """The blockhash died before the transaction was seen: it will never be processed."""


class ConfirmTimeout(ChainError):
    """The wanted commitment was not reached in time; the transaction may still succeed."""


class TransactionTooLarge(ChainError):
    """The transaction exceeds the 1,232 bytes of a packet."""


class ProgramError(ChainError):
    """A transaction was refused by a program or by the runtime.

    `name` is the error's name, `code` its number (None when the runtime refused), `logs` the program's own
    lines, `sentence` what it means in plain words.
    """

    def __init__(self, name: str, code: int | None, logs: Sequence[str], sentence: str = "") -> None:
        self.name = name
        self.code = code
        self.logs = list(logs)
        self.sentence = sentence or SENTENCES.get(name) or f"The chain refused the transaction ({name})."
        super().__init__(f"{self.sentence} [{name}]" if name not in self.sentence else self.sentence)


_NAMED = re.compile(r"Error Code: (\w+)\. Error Number: (\d+)")
_CUSTOM = re.compile(r"custom program error: 0x([0-9a-f]+)")


def error_name(error: object, logs: Sequence[str]) -> tuple[str, int | None]:
    """Return (name, number) of a failed transaction from its logs, else from the runtime's error value."""
    for line in logs:
        if found := _NAMED.search(line):
            return found[1], int(found[2])
    text = "\n".join(logs)
    code = int(found[1], 16) if (found := _CUSTOM.search(text)) else None
    if "already in use" in text:
        return "AccountAlreadyInUse", code
    if "insufficient lamports" in text:
        return "InsufficientLamports", code
    if "insufficient funds" in text:
        return "InsufficientFunds", code
    return _runtime_name(error), code


def _runtime_name(error: object) -> str:
    if isinstance(error, str):
        return error
    if isinstance(error, dict) and error:
        kind, value = next(iter(error.items()))
        if kind == "InstructionError" and isinstance(value, list) and len(value) == 2:
            inner = value[1]
            return inner if isinstance(inner, str) else next(iter(inner), "InstructionError")
        return str(kind)
    return "Unknown"


def program_error(error: object, logs: Sequence[str]) -> ProgramError:
    """Return the error to raise for a failed transaction; `error` is the `err` value of the JSON-RPC answer."""
    name, code = error_name(error, logs)
    return ProgramError(name, code, logs)
