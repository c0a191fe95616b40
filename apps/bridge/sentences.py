"""Why the network refused a job or lost it, as its people read it: English patterns, said again by core.retelling.

The program names its errors; `why` turns a name into what it means to somebody who knows no accounts. The name stays
in the sentence, so that our staff find the transaction that somebody tells them of.
"""

from django.utils.translation import gettext_noop as _

from apps.core.retelling import sentences_of

MARKET = _("the market takes no jobs as it stands (%(error)s); launch it in another market.")
NODE = _("the node may not take jobs of this market (%(error)s); choose another one, or none.")
ADDRESS = _("its address is known there already (%(error)s); launch it again, it gets a new one.")
RIGHTS = _("a key of the platform may not do this there (%(error)s); tell our staff if it comes again.")
ACCOUNTS = _(
    "an account of the transaction was not the one the network expected (%(error)s); launch it again, and tell our "
    "staff if it comes again."
)
PROGRAM = _("the network's program does not know this act any more (%(error)s); our staff have to look into it.")
OTHER = _("its program answered %(error)s; launch it again, and tell our staff if it comes again.")

MEANINGS = {
    MARKET: (
        "InvalidMarketAccount", "MarketInWrongState", "NotInMarketQueue", "NodeQueueDoesNotMatch",
        "InvalidVault", "VaultEmpty", "VaultNotEmpty",
    ),
    NODE: (
        "NodeStakeUnauthorized", "NodeNotEnoughStake", "NodeAlreadyQueued", "NodeNftWrongMetadata",
        "NodeNftWrongOwner", "NodeNftInvalidAmount", "NodeKeyInvalidCollection", "InvalidStakeAccount",
    ),
    ADDRESS: (
        "InvalidJobAccount", "JobInWrongState", "JobNotExpired", "JobInvalidRunAccount", "JobResultsAlreadySet",
        "AccountAlreadyInUse", "LamportsNonNull",
    ),
    RIGHTS: (
        "Unauthorized", "MissingSignature", "JobInvalidProject", "InvalidPayer", "InvalidOwner",
        "ConstraintSigner", "AccountNotSigner",
    ),
    ACCOUNTS: (
        "InvalidAccount", "InvalidTokenAccount", "InvalidMint", "InvalidATA", "ConstraintMut",
        "ConstraintHasOne", "ConstraintRaw", "ConstraintSeeds", "ConstraintAddress", "ConstraintTokenMint",
        "ConstraintDuplicateMutableAccount", "AccountDiscriminatorNotFound", "AccountDiscriminatorMismatch",
        "AccountDidNotDeserialize", "AccountNotEnoughKeys", "AccountOwnedByWrongProgram",
        "AccountNotInitialized", "AccountNotSystemOwned",
    ),
    PROGRAM: (
        "InstructionFallbackNotFound", "InstructionDidNotDeserialize", "InvalidProgramId",
        "InvalidProgramExecutable",
    ),
}  # fmt: skip
BY_ERROR = {error: meaning for meaning, errors in MEANINGS.items() for error in errors}

# why nobody but a person can settle an attempt (network facts §1.9 g; e and f)
GONE = _(
    "The job's account is gone from the network though no order of ours took it away, so nobody can read any more what "
    "its node was paid. Our staff look at the history of its address and settle it by hand."
)
ADRIFT = _(
    "The job's account lies on the network, but no node has it and no queue: its run was ended by the network's "
    "administrators, or its market queues nothing. Nothing of ours can move it or take its deposit back. Our staff "
    "look at the history of its address and settle it by hand."
)


def why(error: str) -> str:
    """Return what the program's error of that name means to whoever launched the job, to be kept."""
    return BY_ERROR.get(error, OTHER) % {"error": error}


def kept_sentences() -> list[str]:
    """Return every sentence that is kept here."""
    return sentences_of(globals())
